import { openKeyring } from '../../server/keyring.ts'

/** A process that opens the folders it is told of, each at a moment it is told, and says which keys it got. */
process.on('message', ({ folder, at }: { folder: string; at: number }) => {
  while (Date.now() < at) {
    // Another process waits for the same moment: a timer would be late by more than the race lasts.
  }
  void openKeyring(folder)
    .then((keys) => keys.list())
    .then((held) => process.send?.(held.map(({ use, kid }) => `${use} ${kid}`)))
})
process.send?.('ready')
