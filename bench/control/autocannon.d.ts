/** What this bench uses of autocannon 9, which has no types of its own. */
declare module 'autocannon' {
  function autocannon(options: autocannon.Options): Promise<autocannon.Result>;
  namespace autocannon {
    interface Options {
      url: string;
      headers?: Record<string, string>;
      connections: number;
      /** Requests on the way on each connection. */
      pipelining?: number;
      /** Seconds, of the run and of one answer. */
      duration: number;
      timeout: number;
      /** All connections together, per second. */
      overallRate?: number;
    }
    interface Result {
      /** Seconds. */
      duration: number;
      errors: number;
      requests: { total: number };
      /** ms. */
      latency: { p50: number; p99: number };
      statusCodeStats: Record<string, { count: number }>;
    }
  }
  export = autocannon;
}
