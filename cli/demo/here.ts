import { relative } from 'node:path'

/** A path as a person would type it from here. */
export const here = (path: string) =>
  relative('', path).startsWith('..') ? path : relative('', path)
