/** What browser tests may look at; only with sessionStorage['plenum.debug'] = '1' (README). */
import type { Entry } from './entry.js';

export interface PlenumDebug {
  peerConnections(): {
    publish: RTCPeerConnection | undefined;
    subscribe: RTCPeerConnection | undefined;
  };
  /** Cuts the WebSocket as a lost network would. */
  closeSocket(): void;
}

declare global {
  interface Window {
    plenumDebug?: PlenumDebug;
  }
}

export function exposeForTests(entry: Entry): void {
  if (!isWanted()) return;
  const stay = () => {
    const state = entry.store.get();
    return state.phase === 'inside' ? state.stay : undefined;
  };
  window.plenumDebug = {
    peerConnections: () =>
      stay()?.peerConnections() ?? { publish: undefined, subscribe: undefined },
    closeSocket: () => stay()?.closeSocket(),
  };
}

function isWanted(): boolean {
  try {
    return sessionStorage.getItem('plenum.debug') === '1';
  } catch {
    return false;
  }
}
