/** The six signs, drawn here: not every system has a font with pictures. On a 32 × 32 grid. */
import type { ReactNode } from 'react';
import type { ReactionName } from '../../../../client/src/index.js';

const face = <circle className="sign-skin" cx="16" cy="16" r="12" />;
const eyes = <path className="sign-line" d="M11.5 12.500v1.500M20.5 12.500v1.5" />;

const drawings: Readonly<Record<ReactionName, ReactNode>> = {
  thumbs_up: (
    <>
      <path
        className="sign-skin"
        d="M11.5 14.500l4-9.300c2.3-.3 3.7 1.2 3.4 3.500l-.6 3.800h6.200c1.8 0 3 1.7 2.5 3.400l-2.3 8.300a2.6 2.6 0 0 1-2.5 1.900H11.500z"
      />
      <rect className="sign-cuff" x="4.5" y="13.5" width="5.5" height="13" rx="2" />
    </>
  ),
  clap: (
    <>
      <path
        className="sign-cuff"
        d="M9 18.500l8.7-8.700a1.9 1.9 0 0 1 2.7 2.700l1.3-1.300a1.9 1.9 0 0 1 2.7 2.700l-8.3 8.3"
      />
      <path
        className="sign-skin"
        d="M6.8 16.800l7.9-7.900a1.9 1.9 0 0 1 2.7 2.700l1.5-1.500a1.9 1.9 0 0 1 2.7 2.700l.6-.600a1.9 1.9 0 0 1 2.7 2.700l-8.8 8.900c-2.9 2.9-6.9 3.4-9.5.800s-2.7-4.9.200-7.800z"
      />
      <path className="sign-line" d="M8.5 7.500l-1-2.500M12.5 5.500l.3-2.700M5.5 11l-2.6-.8" />
    </>
  ),
  heart: (
    <path
      className="sign-red"
      d="M16 27S4.5 20.3 4.5 12.300A6.3 6.3 0 0 1 16 8.800a6.3 6.3 0 0 1 11.5 3.500C27.5 20.3 16 27 16 27z"
    />
  ),
  laugh: (
    <>
      {face}
      <path
        className="sign-line"
        d="M9.5 13.500c.8-1.7 3.2-1.7 4 0M18.5 13.500c.8-1.7 3.2-1.7 4 0"
      />
      <path className="sign-mouth" d="M9.5 17.500h13a6.5 6.5 0 0 1-13 0z" />
    </>
  ),
  surprise: (
    <>
      {face}
      {eyes}
      <path className="sign-line" d="M10 9.500l2.5-.800M22 9.500l-2.5-.8" />
      <ellipse className="sign-mouth" cx="16" cy="20.5" rx="3" ry="3.6" />
    </>
  ),
  celebrate: (
    <>
      <path className="sign-skin" d="M5 27.500l5.5-14.5 9 9z" />
      <path className="sign-line" d="M15 11.500c2-2.5.5-5.5-1-7M21 17.500c2.5-2 5-1 6.5.5" />
      <path className="sign-red" d="M20 7.500l1.8 1.800L20 11.100l-1.8-1.800z" />
      <circle className="sign-cuff" cx="25.5" cy="11.5" r="1.8" />
      <circle className="sign-cuff" cx="25" cy="5" r="1.4" />
    </>
  ),
};

export function ReactionSign({ name }: { name: ReactionName }) {
  return (
    <svg className="sign" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      {drawings[name]}
    </svg>
  );
}
