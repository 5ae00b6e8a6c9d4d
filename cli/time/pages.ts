/** What a page says of the one after it. */
export interface PageInfo {
  hasNextPage: boolean
  endCursor: string | null
}

/** Reads pages until there are so many things, or no more; says whether more are left. */
export async function gather<Item>(
  limit: number,
  most: number,
  read: (page: {
    first: number
    after: string | null
  }) => Promise<{ nodes: Item[]; pageInfo: PageInfo }>,
): Promise<{ items: Item[]; more: boolean }> {
  const items: Item[] = []
  for (let after: string | null = null; ; ) {
    const { nodes, pageInfo } = await read({ first: Math.min(limit - items.length, most), after })
    items.push(...nodes)
    if (!pageInfo.hasNextPage || items.length >= limit) return { items, more: pageInfo.hasNextPage }
    after = pageInfo.endCursor
  }
}
