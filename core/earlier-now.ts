/**
 * The time now, in milliseconds since 1970, by the clock or by what has passed since this process
 * started, whichever is earlier. For what is deleted once it is old: a clock that is set forward makes
 * nothing older by that, nor does one that is set back make old what is written after it.
 */
export const earlierNow = (): number =>
  Math.min(Date.now(), performance.timeOrigin + performance.now())
