/** What can be found wrong; the room's README says of each what it means. */
export type DifferenceName =
  // the log
  | 'LEAF_MISSING'
  | 'LEAF_BEYOND_LOG'
  | 'LEAF_INVALID'
  | 'LEAF_MISPLACED'
  | 'LEAF_HASH'
  | 'LEAF_COLUMN'
  | 'LEAF_KEY'
  | 'AT_FALLS'
  | 'BODY'
  | 'BODY_MISSING'
  | 'BODY_ERASED'
  | 'LOG_MISSING'
  | 'LOG_HEAD'
  | 'LOG_EDGE'
  | 'LOG_KEYS'
  | 'LOG_EPOCH'
  | 'TILE'
  | 'TILE_MISSING'
  | 'TILE_BEYOND_LOG'
  | 'CHECKPOINT_INVALID'
  | 'CHECKPOINT_ROOT'
  // replay of the headers
  | 'VERSION'
  | 'KIND'
  | 'RELATION_UNKNOWN'
  | 'LINK_IN_FORCE'
  | 'LINK_LEAF'
  | 'UNLINK_NOT_IN_FORCE'
  | 'OUT'
  | 'ERASE_TARGET'
  | 'ERASE_BODY'
  | 'SPLIT'
  | 'ALIAS'
  | 'EPOCH'
  | 'STATE'
  | 'ERASE_GROUND'
  // the pages of the state tree
  | 'STATE_HEAD'
  | 'PAGE'
  | 'PAGE_MISSING'
  | 'PAGE_UNKNOWN'
  // the graph
  | 'ENTITY_MISSING'
  | 'ENTITY_UNKNOWN'
  | 'ENTITY_VALUE'
  | 'ENTITY_NAME'
  | 'ENTITY_WORDS'
  | 'EDGE_MISSING'
  | 'EDGE_UNKNOWN'
  | 'EDGE_LEAF'
  | 'EDGE_TENANT'
  | 'MERGE'
  // usage
  | 'USAGE_WINDOW'
  | 'USAGE_EVENT'

/** One thing that is not as the records say it must be. */
export interface Difference {
  name: DifferenceName
  /** The position of the leaf that it is found at. */
  seq?: number
  /** The entity concerned. */
  id?: string
  /** What was expected and what is there, for a person. */
  what: string
}

/** Takes a difference down. */
export type Report = (difference: Difference) => void
