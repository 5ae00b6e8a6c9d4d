import { describe, expect, it, vi } from 'vitest'
import { chooseWay, type Probes } from '../../server/neo4j/find.ts'
import { javaVersion } from '../../server/neo4j/java.ts'
import { neo4jNotFound, THREE_CURES } from '../../server/neo4j/problems.ts'

const JAVA_17 = { path: '/jvm/17/bin/java', version: 17 }
const JAVA_25 = { path: '/jvm/25/bin/java', version: 25 }

/** A machine that has everything, but for what the test takes away. */
const machine = (but: Partial<Probes> = {}): Probes => ({
  uri: null,
  wanted: 'auto',
  kept: null,
  docker: async () => ({ answers: true, because: 'Docker answers' }),
  java: async () => [JAVA_17],
  maven: () => '/usr/bin/mvn',
  fetched: () => false,
  ...but,
})
const noDocker = async () => ({ answers: false, because: 'no Docker engine answers' })
const bare = { docker: noDocker, java: async () => [], maven: () => null }
const embedded = { way: 'embedded', java: JAVA_17.path, maven: '/usr/bin/mvn' }

describe('the way to a Neo4j', () => {
  it.each<[string, Partial<Probes>, object]>([
    ['NEO4J_URI before all else', { uri: 'bolt://db:7687' }, { way: 'given' }],
    [
      'NEO4J_URI although the home has data',
      { uri: 'bolt://db', kept: 'docker' },
      { way: 'given' },
    ],
    ['Docker where it answers', {}, { way: 'docker' }],
    ['Java and Maven where Docker does not', { docker: noDocker }, embedded],
    [
      'Java 21 as well',
      { docker: noDocker, java: async () => [{ ...JAVA_17, version: 21 }] },
      embedded,
    ],
    [
      'the second Java where the first does not fit',
      { docker: noDocker, java: async () => [JAVA_25, JAVA_17] },
      embedded,
    ],
    [
      'Java alone once the jars are there',
      { docker: noDocker, maven: () => null, fetched: () => true },
      { ...embedded, maven: null },
    ],
    ['Java although Docker answers, when told so', { wanted: 'embedded' }, embedded],
    ['Java although Docker answers, when the home has its data so', { kept: 'embedded' }, embedded],
    [
      'Docker although the home has embedded data, when told so',
      { kept: 'embedded', wanted: 'docker' },
      { way: 'docker' },
    ],
  ])('takes %s', async (_what, but, choice) => {
    expect(await chooseWay(machine(but))).toEqual(choice)
  })

  it.each<[string, Partial<Probes>, RegExp]>([
    [
      'a Java that is too old',
      { ...bare, java: async () => [{ path: '/jvm/11/bin/java', version: 11 }] },
      /17 or 21; found only \/jvm\/11\/bin\/java \(11\)/,
    ],
    [
      'a Java that is too new',
      { ...bare, java: async () => [JAVA_25] },
      /\/jvm\/25\/bin\/java \(25\)/,
    ],
    ['no Java', bare, /no Java was found/],
    [
      'Java without Maven',
      { ...bare, java: async () => [JAVA_17] },
      /Maven \(mvn\) is not on the PATH/,
    ],
    [
      'no Docker where only Docker may be',
      { wanted: 'docker', docker: noDocker },
      /SELVEDGE_NEO4J=docker/,
    ],
    [
      'no Docker where the data is in its volume',
      { kept: 'docker', docker: noDocker },
      /in a Docker volume/,
    ],
  ])('is refused by name: %s', async (_what, but, reason) => {
    const choice = await chooseWay(machine(but))
    expect(choice).toEqual({ way: null, because: expect.any(Array) })
    expect('because' in choice && choice.because.join('; ')).toMatch(reason)
  })

  it('does not ask for Docker where the answer would change nothing', async () => {
    const docker = vi.fn(noDocker)
    await chooseWay(machine({ uri: 'bolt://db:7687', docker }))
    await chooseWay(machine({ wanted: 'embedded', docker }))
    expect(docker).not.toHaveBeenCalled()
  })

  it('names all three cures when there is none', () => {
    const problem = neo4jNotFound(['no Java was found'])
    expect(problem.code).toBe('NEO4J_NOT_FOUND')
    for (const cure of THREE_CURES) expect(problem.message).toContain(cure)
    expect(problem.message).toContain('no Java was found')
  })
})

describe('the release of a Java', () => {
  it.each([
    ['openjdk version "17.0.15" 2025-04-15', 17],
    ['openjdk version "21" 2023-09-19', 21],
    ['openjdk version "25-ea" 2025-09-16', 25],
    ['java version "1.8.0_412"', 8],
    ['command not found', null],
  ])('is read from %s', (printed, version) => {
    expect(javaVersion(printed)).toBe(version)
  })
})
