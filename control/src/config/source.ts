/** A value as somebody wrote it. */
export interface Written {
  text: string;
  /** Where it stands, for complaints: `--port`, `PLENUM_HTTP_PORT`, `plenum.yaml:3: http.port`. */
  where: string;
}

/** What one place (the options, the environment, the file) says about settings, by their path. */
export interface Source {
  get(path: string): Written | undefined;
  /** Ids of the OIDC providers that it names. */
  oidcIds?(): string[];
}
