import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Scratch } from './scratch.ts'

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'drydock-scratch-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

it('a daemon that starts leaves alone what others that share the directory are working on', () => {
  const dead = spawnSync('true').pid
  const names = {
    ofLiving: `${hostname()}.${process.ppid}.a`,
    ofDead: `${hostname()}.${dead}.b`,
    ofEarlierLife: basename(new Scratch(directory).newPath()),
    elsewhere: 'another.host.7.c',
    abandonedElsewhere: 'another.host.7.d',
  }
  for (const name of Object.values(names)) writeFileSync(join(directory, name), 'x')
  utimesSync(join(directory, names.abandonedElsewhere), 1_000, 1_000)
  void new Scratch(directory)
  expect(readdirSync(directory).sort()).toEqual([names.ofLiving, names.elsewhere].sort())
})
