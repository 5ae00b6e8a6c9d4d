import type { Socket } from 'node:net'

/** The words of our protocol are short: whoever sends a longer line does not speak it. */
const LONGEST = 200

/** Calls `take` with each line that comes. (node:readline throws the socket's errors a second time.) */
export function onLine(socket: Socket, take: (line: string) => void): void {
  let unread = ''
  socket.setEncoding('utf8').on('data', (chunk) => {
    const lines = (unread + chunk).split('\n')
    unread = lines.pop() ?? ''
    if (unread.length > LONGEST) socket.destroy()
    for (const line of lines) take(line)
  })
}
