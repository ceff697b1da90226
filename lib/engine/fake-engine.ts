export class FakeEngine {}
