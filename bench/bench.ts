import type { Service } from '../server/open.ts'

/** What a suite works with: an open service on a database of its own, and a way to tell progress. */
export interface Bench {
  service: Service
  say(text: string): void
}
