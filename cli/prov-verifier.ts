#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
import { run } from './prov-verifier/run.ts'

process.exitCode = await run(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  colours: process.stdout.isTTY === true && process.env.NO_COLOR === undefined,
})
