/** Asks a server that was started for a bench, by GraphQL over HTTP, as one tenant. */
export const openAsk =
  ({ port, token, tenant }: { port: number; token: string; tenant: string }) =>
  async <Data>(query: string, variables: object): Promise<Data> => {
    const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${token}`,
        'x-selvedge-tenant': tenant,
      },
      body: JSON.stringify({ query, variables }),
    })
    const text = await response.text()
    if (text.includes('"errors"')) throw new Error(text.slice(0, 500))
    return (JSON.parse(text) as { data: Data }).data
  }
