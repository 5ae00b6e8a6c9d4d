import { setTimeout as wait } from 'node:timers/promises'
import { type Colours, coloursOn } from '../colours.ts'

/** Where a demonstration tells what it does. */
export interface Stage {
  readonly colours: Colours
  /** Opens a scene: what it is, what it shows in a sentence, and how a person would do the same. */
  scene(scene: { title: string; shows: string; command: string }): Promise<void>
  /** Lines of the scene. */
  say(...lines: string[]): void
}

const PACE_MS = 900

interface StageOptions {
  out: NodeJS.WriteStream
  /** Leaves a person no time to read. */
  fast: boolean
}

/** A stage on a terminal has colours and takes its time; where output is piped it has neither. */
export function openStage({ out, fast }: StageOptions): Stage {
  const colours = coloursOn(out)
  const pause = () => (out.isTTY && !fast ? wait(PACE_MS) : undefined)
  const say = (...lines: string[]) => out.write(lines.map((line) => `${line}\n`).join(''))
  let number = 0
  return {
    colours,
    say: (...lines) => say(...lines.map((line) => line && `   ${line}`)),
    async scene({ title, shows, command }) {
      if (number > 0) await pause()
      number += 1
      say(
        '',
        colours.bold(`${number}. ${title}`),
        `   ${shows}`,
        colours.dim(`   $ ${command}`),
        '',
      )
      await pause()
    },
  }
}
