declare module 'oidc-provider' {
  import type { RequestListener } from 'node:http'

  interface DeviceCode {
    clientId: string
    params: { scope: string }
    save(ttl: number): Promise<string>
  }
  interface Grant {
    addOIDCScope(scope: string): void
    addResourceScope(resource: string, scope: string): void
    save(): Promise<string>
  }

  /** As much of it as the tests use; the package brings no types. */
  export default class Provider {
    constructor(issuer: string, configuration: Record<string, unknown>)
    callback(): RequestListener
    DeviceCode: { findByUserCode(code: string): Promise<DeviceCode | undefined> }
    Grant: new (of: {
      accountId: string
      clientId: string
    }) => Grant
  }
}
