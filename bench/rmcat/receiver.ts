/** A page with nothing but RTCPeerConnection that receives as many videos as it is told. */
import type { Page } from 'playwright-core';

/** Runs in the page; gives the offer. Nothing shows what comes: feedback is all that is wanted. */
async function offer({ id, videos }: { id: string; videos: number }): Promise<string> {
  const page = window as unknown as { connections?: Map<string, RTCPeerConnection> };
  page.connections ??= new Map();
  const connection = new RTCPeerConnection();
  page.connections.set(id, connection);
  for (let count = 0; count < videos; count += 1) {
    connection.addTransceiver('video', { direction: 'recvonly' });
  }
  await connection.setLocalDescription(await connection.createOffer());
  return connection.localDescription?.sdp ?? '';
}

/** Runs in the page. */
async function accept({ id, sdp }: { id: string; sdp: string }): Promise<void> {
  const page = window as unknown as { connections: Map<string, RTCPeerConnection> };
  await page.connections.get(id)?.setRemoteDescription({ type: 'answer', sdp });
}

/** Opens the connection `id` in a page; `answer` is given its offer. Gives the answer. */
export async function receive(
  page: Page,
  connection: { id: string; videos: number },
  answer: (sdp: string) => Promise<string>,
): Promise<string> {
  const sdp = await answer(await page.evaluate(offer, connection));
  await page.evaluate(accept, { id: connection.id, sdp });
  return sdp;
}
