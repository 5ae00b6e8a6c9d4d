/**
 * The name under which a log is signed: `<service>/<tenant>`, and after a restore
 * `<service>/<tenant>/<epoch>` (docs/specs/log.md, "Checkpoint").
 */
export const originOf = (service: string, tenant: string, epoch = 0) =>
  epoch === 0 ? `${service}/${tenant}` : `${service}/${tenant}/${epoch}`

/**
 * Takes an origin apart. Neither a service nor a tenant has a slash in its name, so a third part is
 * always an epoch.
 */
export function partsOfOrigin(origin: string): { service: string; tenant: string; epoch: number } {
  const [service = '', tenant = '', epoch = '0'] = origin.split('/')
  return { service, tenant, epoch: Number(epoch) }
}
