import { useState } from 'react';
import { RecordingsApi } from '../../session/recordings-api.js';
import { useClient } from '../client.js';

/** The calls about recordings; one for as long as the component is there. */
export function useRecordings(): RecordingsApi {
  const { api } = useClient();
  const [recordings] = useState(() => new RecordingsApi(api));
  return recordings;
}
