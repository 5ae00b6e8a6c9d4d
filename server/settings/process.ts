import { ofSurroundings, optional, text } from './setting.ts'

/** What a process is told by its surroundings. */
export const PROCESS_SETTINGS = ofSurroundings({
  noColor: optional('NO_COLOR', text, 'When set, nothing is printed in colour.'),
  nodeEnv: optional(
    'NODE_ENV',
    text,
    'production makes GraphQL faster, turns failpoints off, and takes nothing that is for development.',
  ),
})
