import { execFileSync } from 'node:child_process'
import { mkdtempSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Entry } from './archive/entry.ts'
import type { Artifact } from '../resources/index.ts'
import {
  bytesOf,
  file,
  folder,
  hardLink,
  streamOf,
  symlink,
  tarLines,
  tarOf,
  textOf,
} from './artifacts.fixtures/trees.ts'
import { createArtifacts } from './artifacts.ts'
import type { Artifacts } from './artifacts.ts'

const context = { namespace: 'default', secrets: () => null }
let directory: string
let artifacts: Artifacts
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'drydock-artifacts-'))
  artifacts = createArtifacts({ directory })
})
afterEach(() => {
  expect(readdirSync(join(directory, 'passing'))).toEqual([])
  rmSync(directory, { recursive: true })
})

const at = (key: string, more: Partial<Artifact> = {}): Artifact => ({
  name: 'out',
  path: '/tmp/out',
  s3: { key },
  ...more,
})
const loaded = async (artifact: Artifact, target = { path: '/in/x' }) => {
  const tar = await artifacts.load(artifact, target, context)
  return tar === null ? null : tarLines(tar)
}
const stored = (content: Uint8Array | string, artifact: Artifact) =>
  artifacts.saveBytes(streamOf(content), artifact, context)
const strategies = [
  ['nothing', undefined],
  ['tar', { tar: {} }],
  ['an uncompressed tar', { tar: { compressionLevel: 0 } }],
  ['zip', { zip: {} }],
  ['none', { none: {} }],
] as const

describe('an artifact saved and loaded', () => {
  it.each(strategies)('keeps a file, with archive %s', async (_name, archive) => {
    const artifact = at('k', { archive })
    expect(await artifacts.save(tarOf(file('out', 'text')), artifact, context)).toEqual(artifact)
    expect(await loaded(artifact)).toEqual(['644 0:0 in/x = text'])
  })
  it.each(strategies)('keeps a folder, with archive %s', async (_name, archive) => {
    const artifact = at('k', { archive })
    const tree = [folder('out'), file('out/a', '1'), folder('out/sub'), file('out/sub/b c', '2')]
    await artifacts.save(tarOf(...tree), artifact, context)
    const lines = (await loaded(artifact)) ?? []
    expect(lines.filter((line) => line.includes('='))).toEqual(['644 0:0 in/x/a = 1', '644 0:0 in/x/sub/b c = 2'])
    expect(lines[0]).toBe('755 0:0 in/x /')
  })
  it.each(strategies)('keeps an empty folder, with archive %s', async (_name, archive) => {
    const artifact = at('k', { archive })
    await artifacts.save(tarOf(folder('out')), artifact, context)
    expect(await loaded(artifact)).toEqual(['755 0:0 in/x /'])
  })
  it('keeps modes, owners and links in a tar', async () => {
    const tree = [
      folder('out', { mode: 0o2770, uid: 3, gid: 4 }),
      file('out/a', '1', { mode: 0o755, uid: 5 }),
      symlink('out/s', 'a'),
      hardLink('out/h', 'out/a'),
    ]
    await artifacts.save(tarOf(...tree), at('k'), context)
    expect(await loaded(at('k'))).toEqual(
      ['2770 3:4 in/x /', '755 5:0 in/x/a = 1', '777 0:0 in/x/s -> a', '755 5:0 in/x/h => in/x/a'].map((line) =>
        line.replace('755 5:0 in/x/h', '644 0:0 in/x/h'),
      ),
    )
  })
  it('keeps modes and links in a zip, hard links as symbolic ones', async () => {
    const artifact = at('k', { archive: { zip: {} } })
    const tree = [
      folder('out'),
      file('out/a', '1', { mode: 0o755 }),
      symlink('out/s', 'a'),
      folder('out/d'),
      hardLink('out/d/h', 'out/a'),
    ]
    await artifacts.save(tarOf(...tree), artifact, context)
    expect(await loaded(artifact)).toEqual([
      '755 0:0 in/x /',
      '755 0:0 in/x/a = 1',
      '777 0:0 in/x/s -> a',
      '755 0:0 in/x/d /',
      '777 0:0 in/x/d/h -> ../a',
    ])
  })
  it('is one object for each file without an archive, links being copies', async () => {
    const artifact = at('k', { archive: { none: {} } })
    const tree = [
      folder('out'),
      symlink('out/s', 'sub/a'),
      folder('out/sub'),
      file('out/sub/a', '1'),
      hardLink('out/sub/h', 'out/sub/a'),
    ]
    await artifacts.save(tarOf(...tree), artifact, context)
    expect((await artifacts.list(artifact, context)).map(({ key }) => key)).toEqual(['k/s', 'k/sub/a', 'k/sub/h'])
    expect(await textOf(await artifacts.openKey(artifact, 'k/s', context))).toBe('1')
    expect(await artifacts.open(artifact, context)).toBeNull()
  })
  it('leaves out links that lead elsewhere when it is stored without an archive', async () => {
    const artifact = at('k', { archive: { none: {} } })
    await artifacts.save(
      tarOf(folder('out'), file('out/a', '1'), symlink('out/s', '/usr/bin/python')),
      artifact,
      context,
    )
    expect((await artifacts.list(artifact, context)).map(({ key }) => key)).toEqual(['k/a'])
  })
  it('is refused when the path is a link or nothing', async () => {
    await expect(artifacts.save(tarOf(symlink('out', 'x')), at('k'), context)).rejects.toThrow(
      '/tmp/out is not a regular file or directory',
    )
    await expect(artifacts.save(tarOf(), at('k'), context)).rejects.toThrow(
      '/tmp/out is not a regular file or directory',
    )
    expect(await artifacts.open(at('k'), context)).toBeNull()
  })
  it('gets mode and owner of the artifact and target', async () => {
    await artifacts.save(tarOf(folder('out'), file('out/a', '1')), at('k'), context)
    const target = { path: '/in', uid: 8, gid: 9 }
    expect(await loaded(at('k', { mode: 0o700, recurseMode: true }), target)).toEqual([
      '700 8:9 in /',
      '700 8:9 in/a = 1',
    ])
    expect(await loaded(at('k', { mode: 0o711 }), target)).toEqual(['711 8:9 in /', '644 8:9 in/a = 1'])
  })
  it('is a gzipped tar by default, honours the level, and other programs can read it', async () => {
    const text = 'text '.repeat(1000)
    await artifacts.save(tarOf(file('out', text)), at('k'), context)
    await artifacts.save(tarOf(file('out', text)), at('k0', { archive: { tar: { compressionLevel: 0 } } }), context)
    const packed = await bytesOf((await artifacts.open(at('k'), context)) ?? streamOf())
    const flat = await bytesOf((await artifacts.open(at('k0'), context)) ?? streamOf())
    expect(packed.length).toBeLessThan(500)
    expect(flat.length).toBeGreaterThan(5000)
    expect(gunzipSync(flat).equals(gunzipSync(packed))).toBe(true)
    expect(execFileSync('tar', ['-xzOf', '-', 'out'], { input: packed, encoding: 'utf8' })).toBe(text)
  })
  it('is null where nothing is stored', async () => {
    expect(await loaded(at('nothing'))).toBeNull()
    expect(await artifacts.list(at('nothing'), context)).toEqual([])
  })
  it('can be deleted, twice', async () => {
    await artifacts.save(tarOf(file('out', 'x')), at('k'), context)
    await artifacts.delete(at('k'), context)
    await artifacts.delete(at('k'), context)
    expect(await artifacts.open(at('k'), context)).toBeNull()
  })
})

describe('bytes that others stored', () => {
  const foreign = async (...tree: readonly Entry[]) => gzipSync(await bytesOf(tarOf(...tree)))

  it('are a file, unless they are a gzipped tar', async () => {
    await stored('plain', at('k'))
    expect(await loaded(at('k'))).toEqual(['644 0:0 in/x = plain'])
    const packed = gzipSync('no tar')
    await stored(packed, at('g'))
    expect(await loaded(at('g'))).toEqual([`644 0:0 in/x = ${packed.toString('utf8')}`])
    await stored('', at('e'))
    expect(await loaded(at('e'))).toEqual(['644 0:0 in/x = '])
  })
  it('stay packed with archive none', async () => {
    const packed = await foreign(file('a', 'x'))
    await stored(packed, at('k'))
    expect(await loaded(at('k', { archive: { none: {} } }))).toEqual([`644 0:0 in/x = ${packed.toString('utf8')}`])
  })
  it('are recognised as a gzipped tar; one name at the top becomes the path', async () => {
    await stored(await foreign(file('whatever', 'x')), at('k'))
    expect(await loaded(at('k'))).toEqual(['644 0:0 in/x = x'])
    await stored(await foreign(file('d/a', '1'), file('d/b', '2')), at('k'))
    expect(await loaded(at('k'))).toEqual(['755 0:0 in/x /', '644 0:0 in/x/a = 1', '644 0:0 in/x/b = 2'])
  })
  it('are unpacked into the path when they have several names at the top', async () => {
    await stored(await foreign(file('a', '1'), file('b', '2')), at('k'))
    expect(await loaded(at('k'))).toEqual(['755 0:0 in/x /', '644 0:0 in/x/a = 1', '644 0:0 in/x/b = 2'])
  })
  it('may be a tar without gzip where the artifact says tar', async () => {
    await stored(await bytesOf(tarOf(file('a', '1'))), at('k'))
    expect(await loaded(at('k', { archive: { tar: {} } }))).toEqual(['644 0:0 in/x = 1'])
  })
  it('are made by tar and zip programs', async () => {
    mkdirSync(join(directory, 'd/sub'), { recursive: true })
    writeFileSync(join(directory, 'd/sub/f'), 'x')
    await stored(execFileSync('tar', ['-C', directory, '-czf', '-', 'd']), at('k'))
    expect((await loaded(at('k')))?.map((line) => line.replace(/^\d+ \S+ /, ''))).toEqual([
      'in/x /',
      'in/x/sub /',
      'in/x/sub/f = x',
    ])
  })
  it('are refused when they are not what the artifact says', async () => {
    await stored('plain', at('k'))
    await expect(loaded(at('k', { archive: { tar: {} } }))).rejects.toMatchObject({ code: 'ARTIFACT_ARCHIVE' })
    await expect(loaded(at('k', { archive: { zip: {} } }))).rejects.toMatchObject({ code: 'ARTIFACT_ARCHIVE' })
    const cut = (await foreign(file('a', 'x'.repeat(100_000)))).subarray(0, 120)
    await stored(cut, at('k'))
    await expect(loaded(at('k'))).rejects.toMatchObject({ code: 'ARTIFACT_ARCHIVE' })
  })
  it('cannot blow up: a small archive that unpacks to much is refused', async () => {
    artifacts = createArtifacts({ directory, limits: { unpackedBytesMax: 1_000_000 } })
    const bomb = await foreign(file('a', 'x'.repeat(2_000_000)))
    await stored(bomb, at('k'))
    await expect(loaded(at('k'))).rejects.toThrow('unpacks to more than 1000000 bytes')
  })
})

describe('a location', () => {
  const keyOnly: [string, Partial<Artifact>][] = [
    ['gcs', { gcs: { key: 'k' } }],
    ['azure', { azure: { endpoint: '', container: '', blob: 'k' } }],
    ['oss', { oss: { key: 'k' } }],
    ['hdfs', { hdfs: { path: 'k' } }],
  ]
  it.each(keyOnly)('of %s that is only a key lies in the local repository', async (_name, location) => {
    const artifact = { name: 'out', path: '/tmp/out', ...location }
    await artifacts.save(tarOf(file('out', 'x')), artifact, context)
    expect(await loaded(artifact)).toEqual(['644 0:0 in/x = x'])
    expect(await loaded(at('k'))).toEqual(['644 0:0 in/x = x'])
  })
  it('is needed, and of a kind that is supported', async () => {
    await expect(loaded({ name: 'a' })).rejects.toMatchObject({ code: 'ARTIFACT_LOCATION' })
    await expect(loaded({ name: 'a', gcs: { bucket: 'b', key: 'k' } })).rejects.toMatchObject({
      code: 'ARTIFACT_BACKEND',
    })
  })
  it('may be raw text', async () => {
    expect(await loaded({ name: 'a', raw: { data: 'héllo' } })).toEqual(['644 0:0 in/x = héllo'])
    await expect(artifacts.save(tarOf(file('x', '')), { name: 'a', raw: { data: '' } }, context)).rejects.toMatchObject(
      { code: 'ARTIFACT_READ_ONLY' },
    )
  })
})
