import t from 'tap';
import { sendingMids } from './sending-mids.js';

t.test('sendonly and sendrecv send; inactive, recvonly and lines without a mid do not', (t) => {
  const sdp = [
    ...['v=0', 's=-', 't=0 0', 'a=sendonly'],
    ...['m=audio 9 UDP/TLS/RTP/SAVPF 111', 'a=mid:0', 'a=sendonly'],
    ...['m=video 9 UDP/TLS/RTP/SAVPF 96', 'a=inactive', 'a=mid:1'],
    ...['m=video 9 UDP/TLS/RTP/SAVPF 96', 'a=sendrecv', 'a=mid:second'],
    ...['m=audio 9 UDP/TLS/RTP/SAVPF 111', 'a=mid:3', 'a=recvonly'],
    ...['m=audio 9 UDP/TLS/RTP/SAVPF 111', 'a=sendonly', ''],
  ].join('\r\n');
  t.same([...sendingMids(sdp)], ['0', 'second']);
  t.same([...sendingMids(sdp.replaceAll('\r', ''))], ['0', 'second']);
  t.same([...sendingMids('')], []);
  t.end();
});
