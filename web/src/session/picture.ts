/** Makes a profile picture of what a person chose: 400 × 400 JPEG, 100 kB at most. */
import { ProtocolError } from '../../../client/src/index.js';
import { type Crop, squareOf } from './picture-crop.js';

const sidePixels = 400;
const maxBytes = 100_000;
const qualities = [0.92, 0.85, 0.75, 0.6, 0.4];

/** Whatever the browser can draw. @throws ProtocolError `unsupported_media_type`. */
export async function openPicture(file: Blob): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(file, { imageOrientation: 'from-image' });
  } catch (error) {
    throw new ProtocolError('unsupported_media_type', String(error));
  }
}

/** @throws ProtocolError `payload_too_large`: not even the lowest quality is small enough. */
export async function cutPicture(picture: ImageBitmap, crop: Crop): Promise<Blob> {
  const canvas = document.createElement('canvas');
  canvas.width = sidePixels;
  canvas.height = sidePixels;
  drawCrop(canvas, picture, crop);
  for (const quality of qualities) {
    const blob = await new Promise<Blob | null>((resolve) =>
      canvas.toBlob(resolve, 'image/jpeg', quality),
    );
    if (blob && blob.size <= maxBytes) return blob;
  }
  throw new ProtocolError('payload_too_large', 'The picture cannot be made small enough.');
}

/** Fills the canvas with the square; what is transparent becomes white, as JPEG knows nothing else. */
export function drawCrop(canvas: HTMLCanvasElement, picture: ImageBitmap, crop: Crop): void {
  const context = canvas.getContext('2d');
  if (!context) return;
  const { left, top, side } = squareOf(picture, crop);
  context.fillStyle = 'white';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = 'high';
  context.drawImage(picture, left, top, side, side, 0, 0, canvas.width, canvas.height);
}
