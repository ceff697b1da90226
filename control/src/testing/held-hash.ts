import type { Test } from 'tap';
import { hashProcess } from '../passwords/hash-process.js';

/**
 * Holds back what is found out about passwords, from now on until `act` is done, which begins when the
 * first is: so it happens between a password that was looked at and what follows from it.
 */
export async function whileHashed<Result>(
  t: Test,
  start: () => Promise<Result>,
  act: () => Promise<unknown>,
): Promise<Result> {
  let [looked, release] = [() => {}, () => {}];
  const isLooked = new Promise<void>((resolve) => {
    looked = resolve;
  });
  const isReleased = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { verify } = hashProcess;
  const restore = () => Object.assign(hashProcess, { verify });
  t.teardown(restore);
  hashProcess.verify = async (...given) => {
    const isRight = await verify.apply(hashProcess, given);
    looked();
    await isReleased;
    return isRight;
  };
  const result = start();
  await isLooked;
  restore();
  await act();
  release();
  return result;
}
