import { type Small, smallLog } from './small-log.ts'

/** The small world again, with a state record after its records and another after a few more. */
export function statedLog(tenant?: string, service?: string): Small & { first: number } {
  const small = smallLog(tenant, service)
  const first = small.log.state().size
  small.log.assert('Dataset', 'raw', { format: 'csv', rows: 3 })
  small.log.assert('Dataset', 'late', {}, [['WAS_DERIVED_FROM', small.clean]])
  small.log.assert('Dataset', 'tail-9', {}, [['WAS_DERIVED_FROM', small.stranger]])
  small.log.state()
  return { ...small, first }
}
