export interface S3Address {
  kind: 's3';
  bucket: string;
  /** What our keys begin with there: empty, or with a slash at its end. */
  prefix: string;
  region: string;
  /** Null: Amazon's. */
  endpoint: string | null;
  /** Of the same store, as browsers reach it; null: the same. */
  publicEndpoint: string | null;
}

export type ObjectsAddress = { kind: 'file' } | S3Address;

const fileForm = /^file:(\/\/\/.*)?$/;
/** A bucket's name is part of a host's (AWS: 3 to 63); what is below it, of what our keys are made of. */
const s3Form =
  /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/([\w-]+(?:\/[\w-]+)*)?\/?)?(?:\?(.*))?$/;
const known = ['region', 'endpoint', 'public_endpoint'];
const defaultRegion = 'us-east-1';

/**
 * Reads `file:`, `file:///folder` or `s3://bucket/prefix?region=…&endpoint=https://…`, where `endpoint` is for
 * other stores than Amazon's, and `public_endpoint` where browsers reach them by another one. Null: none of these.
 */
export function readObjectsAddress(url: string): ObjectsAddress | null {
  if (fileForm.test(url)) return { kind: 'file' };
  const [whole, bucket = '', path, query = ''] = s3Form.exec(url) ?? [];
  if (whole === undefined) return null;
  const options = new URLSearchParams(query);
  if ([...options.keys()].some((name) => !known.includes(name))) return null;
  const region = options.get('region') ?? defaultRegion;
  const endpoint = options.get('endpoint');
  const publicEndpoint = options.get('public_endpoint');
  if (!/^[a-z0-9-]{1,32}$/.test(region)) return null;
  if ([endpoint, publicEndpoint].some((one) => one !== null && !isOrigin(one))) return null;
  const prefix = path === undefined ? '' : `${path}/`;
  return { kind: 's3', bucket, prefix, region, endpoint, publicEndpoint };
}

/** Where pages read what is stored there; null: from us alone. */
export function originOfObjects(url: string): string | null {
  const address = readObjectsAddress(url);
  if (address?.kind !== 's3') return null;
  const endpoint = address.publicEndpoint ?? address.endpoint;
  if (endpoint !== null) return new URL(endpoint).origin;
  const host = address.bucket.includes('.') ? '' : `${address.bucket}.`;
  return `https://${host}s3.${address.region}.amazonaws.com`;
}

function isOrigin(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url !== null && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`;
}
