import type { Test } from 'tap';
import { hashThreads } from '../passwords/hash-threads.js';

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
  const { verify } = hashThreads;
  const restore = () => Object.assign(hashThreads, { verify });
  t.teardown(restore);
  hashThreads.verify = async (...given) => {
    const isRight = await verify.apply(hashThreads, given);
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
