import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    globalSetup: ['tests/setup/neo4j.ts'],
    setupFiles: ['tests/setup/seed.ts'],
    testTimeout: 150_000,
    hookTimeout: 180_000,
    maxWorkers: 2,
    // Each file starts servers of its own, so a worker is kept from leaking one file's state into the next.
    isolate: true,
  },
})
