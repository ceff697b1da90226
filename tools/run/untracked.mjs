// Loaded before a test file. tap follows every promise of the process (async-hook-domain), to say which test an error
// belongs to that nobody caught. That doubles what code of many promises costs; here such an error is said of the file,
// with its stack. By hand, without this, tap says where it belongs.
import hooks from 'node:async_hooks';
import { syncBuiltinESMExports } from 'node:module';

const none = { enable: () => none, disable: () => none };
hooks.createHook = () => none;
syncBuiltinESMExports();
