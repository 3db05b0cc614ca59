import { describe, expect, it } from 'vitest'
import type { Entry } from './entry.ts'
import { entries, file, folder, hardLink, linesOf, symlink } from '../artifacts.fixtures/trees.ts'
import { place } from './place.ts'
import type { Placement, Target } from './place.ts'

const placed = (list: readonly Entry[], target: Target, placement: Placement) =>
  linesOf(place(entries(...list), target, placement))

describe('entries placed in a container', () => {
  it('become the path itself when one name is at the top', async () => {
    expect(await placed([file('out.txt', 'x', { uid: 7 })], { path: '/tmp/in.txt' }, 'as')).toEqual([
      '644 7:0 tmp/in.txt = x',
    ])
    expect(await placed([folder('d', { mode: 0o700 }), file('d/a/b', 'x')], { path: '/in/here/' }, 'as')).toEqual([
      '700 0:0 in/here /',
      '644 0:0 in/here/a/b = x',
    ])
  })
  it('get the folder at the path made where the archive leaves it out', async () => {
    expect(await placed([file('d/a', 'x')], { path: '/in' }, 'as')).toEqual(['755 0:0 in /', '644 0:0 in/a = x'])
    expect(await placed([], { path: '/in' }, 'into')).toEqual(['755 0:0 in /'])
  })
  it('lie in the path when there are several', async () => {
    expect(await placed([file('a', 'x'), file('b/c', 'y')], { path: '/in' }, 'into')).toEqual([
      '755 0:0 in /',
      '644 0:0 in/a = x',
      '644 0:0 in/b/c = y',
    ])
  })
  it('belong to whom the target names', async () => {
    expect(await placed([file('a', 'x', { uid: 1, gid: 2 })], { path: '/in', uid: 10, gid: 20 }, 'as')).toEqual([
      '644 10:20 in = x',
    ])
  })
  it('get a mode: the path alone, or all in it but links', async () => {
    const tree = () => [folder('d'), file('d/a', 'x'), symlink('d/l', 'a')]
    expect(await placed(tree(), { path: '/in', mode: 0o700 }, 'as')).toEqual([
      '700 0:0 in /',
      '644 0:0 in/a = x',
      '777 0:0 in/l -> a',
    ])
    expect(await placed(tree(), { path: '/in', mode: 0o700, recurseMode: true }, 'as')).toEqual([
      '700 0:0 in /',
      '700 0:0 in/a = x',
      '777 0:0 in/l -> a',
    ])
  })
  it('keep links among themselves', async () => {
    const tree = [
      folder('d'),
      file('d/a', 'x'),
      hardLink('d/h', 'd/a'),
      symlink('d/x/up', '../a'),
      symlink('d/abs', '/in/a'),
    ]
    expect(await placed(tree, { path: '/in' }, 'as')).toEqual([
      '755 0:0 in /',
      '644 0:0 in/a = x',
      '644 0:0 in/h => in/a',
      '777 0:0 in/x/up -> ../a',
      '777 0:0 in/abs -> /in/a',
    ])
  })
  it.each([
    ['symbolic link leaves the artifact', [folder('d'), symlink('d/l', '/etc')]],
    ['symbolic link leaves the artifact', [folder('d'), symlink('d/l', '../../etc')]],
    ['symbolic link leaves the artifact', [folder('d'), symlink('d/l', '/input')]],
    ['symbolic link leaves the artifact', [symlink('d', 'd')]],
    ['writes through a symbolic link', [folder('d'), symlink('d/l', 'x'), file('d/l/passwd', 'x')]],
    ['hard link leaves the artifact', [folder('d'), hardLink('d/h', 'e/a')]],
    ['archive has more at its top than d: e', [folder('d'), file('e', 'x')]],
  ])('are refused: %s', async (message, tree) => {
    await expect(placed(tree, { path: '/in' }, 'as')).rejects.toThrow(message)
  })
})
