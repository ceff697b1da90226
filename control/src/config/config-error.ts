/** Everything that is wrong with a configuration, one line each. */
export class ConfigError extends Error {
  constructor(readonly complaints: readonly string[]) {
    super(complaints.length === 1 ? complaints[0] : complaints.map((one) => `\n  ${one}`).join(''));
  }
}
