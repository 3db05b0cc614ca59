import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, linkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Entry } from './entry.ts'
import {
  bytesOf,
  entries,
  file,
  folder,
  hardLink,
  linesOf,
  streamOf,
  symlink,
  tarLines,
  tarOf,
} from '../artifacts.fixtures/trees.ts'
import { readTar } from './tar-read.ts'
import { writeTar } from './tar-write.ts'

const longName = `${'long/'.repeat(60)}${'ü'.repeat(60)}`

describe('a tar', () => {
  it('gives back what was written', async () => {
    const tar = tarOf(
      folder('a', { mode: 0o1777 }),
      file('a/b', 'text', { mode: 0o4755, uid: 5, gid: 3_000_000 }),
      symlink('a/s', '../x y'),
      hardLink('a/h', 'a/b'),
      file(longName, ''),
    )
    expect(await tarLines(tar)).toEqual([
      '1777 0:0 a /',
      '4755 5:3000000 a/b = text',
      '777 0:0 a/s -> ../x y',
      '644 0:0 a/h => a/b',
      `644 0:0 ${longName} = `,
    ])
  })
  it('gives back any names and contents, in whatever pieces it arrives', async () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 120 })
      .filter((text) => !/[\0/]/.test(text) && !/^\.+$/.test(text) && text.isWellFormed())
    const tree = fc.array(fc.tuple(name, fc.string()), { maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(tree, fc.integer({ min: 1, max: 1500 }), async (list, pieceBytes) => {
        const bytes = await bytesOf(tarOf(...list.map(([path, text]) => file(path, text))))
        const pieces = Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, i) =>
          bytes.subarray(i * pieceBytes, (i + 1) * pieceBytes),
        )
        const back = await tarLines(streamOf(...pieces))
        expect(back).toEqual(list.map(([path, text]) => `644 0:0 ${path} = ${Buffer.from(text).toString('utf8')}`))
      }),
      { numRuns: 100 },
    )
  })
  it('skips what a reader leaves unread', async () => {
    const paths: string[] = []
    for await (const entry of readTar(tarOf(file('a', 'x'.repeat(5000)), file('b', 'y')))) paths.push(entry.path)
    expect(paths).toEqual(['a', 'b'])
  })
  it('lets go of its source when a reader stops early', async () => {
    let isReleased = false
    async function* source() {
      try {
        yield await bytesOf(tarOf(file('a', 'x'), file('b', 'y')))
        yield Buffer.alloc(10)
      } finally {
        isReleased = true
      }
    }
    for await (const _entry of readTar(source())) break
    expect(isReleased).toBe(true)
  })
  it('refuses a file that grew or shrank while it was read', async () => {
    const grown = file('a', 'longer', { sizeBytes: 3 })
    const shrunk = file('a', 'short', { sizeBytes: 30 })
    await expect(bytesOf(writeTar(entries(grown)))).rejects.toThrow('a changed while it was read')
    await expect(bytesOf(writeTar(entries(shrunk)))).rejects.toThrow('a changed while it was read')
  })
})

describe('a hostile tar', () => {
  const refused = (tar: AsyncIterable<Uint8Array>, limits?: Parameters<typeof readTar>[1]) =>
    expect(linesOf(readTar(tar, limits))).rejects
  /** The archive with bytes of its first header replaced and the checksum put right. */
  const patched = async (at: number, bytes: string | Buffer, ...list: readonly Entry[]) => {
    const tar = await bytesOf(tarOf(...list))
    Buffer.from(bytes).copy(tar, at)
    tar.write('        ', 148, 'latin1')
    const sum = tar.subarray(0, 512).reduce((total, byte) => total + byte, 0)
    tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
    return streamOf(tar)
  }

  it.each(['../x', 'a/../../x', '/../x', '..'])('cannot name the path %s', async (path) => {
    await refused(await patched(0, `${path}\0`, file('a'.repeat(20), 'x'))).toMatchObject({
      code: 'ARTIFACT_ARCHIVE',
      message: `illegal file path in archive: ${path}`,
    })
  })
  it('has absolute paths made relative', async () => {
    expect(await tarLines(await patched(0, '/etc/passwd\0', file('a'.repeat(20), 'x')))).toEqual([
      '644 0:0 etc/passwd = x',
    ])
  })
  it.each([['3'], ['4'], ['6']])('has no devices and pipes (type %s), unless they may be left out', async (kind) => {
    await refused(await patched(156, kind, file('a', ''), file('b', ''))).toThrow('archive holds a device or pipe: a')
    expect(await linesOf(readTar(await patched(156, kind, file('a', ''), file('b', '')), { special: 'skip' }))).toEqual(
      ['644 0:0 b = '],
    )
  })
  it('cannot hard-link to what lies outside', async () => {
    await refused(await patched(157, '../../x\0', hardLink('a', 'bbbbbbbbbbbb'))).toThrow('illegal file path')
  })
  it('cannot claim an endless size, and cannot end early', async () => {
    const huge = Buffer.from([0x80, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])
    await refused(await patched(124, huge, file('a', 'x'))).toThrow('impossible size')
    await refused(await patched(124, '77777777777\0', file('a', 'x')), {
      limits: { unpackedBytesMax: 1000, entriesMax: 10 },
    }).toThrow('unpacks to more than 1000 bytes (at a, 8589934591 bytes)')
    await refused(await patched(124, '00000070000\0', file('a', 'x'))).toThrow('archive is cut off')
    await refused(await patched(156, 'x', file('a', 'x', { sizeBytes: 1 }), file('b', ''))).toThrow('broken pax record')
    const record = Buffer.concat([Buffer.from('00077777777\0')])
    await refused(await patched(124, record, { ...file('a', ''), path: 'a' })).toThrow(/cut off/)
  })
  it('cannot hold more entries than allowed', async () => {
    await refused(tarOf(file('a', ''), file('b', ''), file('c', '')), {
      limits: { unpackedBytesMax: 1, entriesMax: 2 },
    }).toThrow('more than 2 files')
  })
  it('is told from what is no tar', async () => {
    await refused(streamOf('no tar '.repeat(200))).toThrow('wrong checksum')
    await refused(streamOf('short')).toThrow('cut off')
    expect(await tarLines(streamOf())).toEqual([])
  })
})

describe('the tar program', () => {
  let directory: string
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'drydock-tar-'))
  })
  afterEach(() => {
    rmSync(directory, { recursive: true })
  })
  it('reads what is written here', async () => {
    const tar = await bytesOf(
      writeTar(entries(folder('d'), file(`d/${longName}`, 'content'), symlink('d/s', 'q'.repeat(150))), {
        singleTop: true,
      }),
    )
    execFileSync('tar', ['-xf', '-', '-C', directory], { input: tar })
    expect(readFileSync(join(directory, 'd', longName), 'utf8')).toBe('content')
    expect(execFileSync('readlink', [join(directory, 'd/s')], { encoding: 'utf8' }).trim()).toBe('q'.repeat(150))
  })
  it.each(['gnu', 'pax', 'ustar'])('writes what is read here, in the format %s', async (format) => {
    const name = format === 'ustar' ? 'b'.repeat(90) : longName
    mkdirSync(join(directory, 'in/d', name, '..'), { recursive: true })
    writeFileSync(join(directory, 'in/d', name), 'content', { mode: 0o600 })
    symlinkSync(format === 'ustar' ? 'x' : 'x'.repeat(140), join(directory, 'in/d/link'))
    linkSync(join(directory, 'in/d', name), join(directory, 'in/d/zz-hard'))
    const args = [
      '-C',
      join(directory, 'in'),
      `--format=${format}`,
      '--sort=name',
      '--owner=7',
      '--group=8',
      '-cf',
      '-',
      '.',
    ]
    const lines = await tarLines(streamOf(execFileSync('tar', args)))
    expect(lines).toContain(`600 7:8 d/${name} = content`)
    expect(lines).toContain(`777 7:8 d/link -> ${format === 'ustar' ? 'x' : 'x'.repeat(140)}`)
    expect(lines).toContain(`600 7:8 d/zz-hard => d/${name}`)
    expect(lines[0]).toMatch(/ d \/$/)
  })
})
