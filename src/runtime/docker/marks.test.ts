import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { podIdOf, workflowUid } from '../../resources/index.ts'
import { MarkFiles } from './marks.ts'
import { dropFiles, logPath, workflowsWithFiles } from './workflow-files.ts'

let folder = ''
let pods = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drydock-marks-'))
  pods = join(folder, 'pods')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

it('marks that find no place on the disk hold at once, and are written down as soon as there is one', async () => {
  const marks = new MarkFiles(folder)
  const pod = podIdOf('one.0')
  rmSync(pods, { recursive: true })
  writeFileSync(pods, 'no folder')
  marks.add(pod, { stopped: true })
  expect(marks.of(pod).stopped).toBe(true)
  rmSync(pods)
  mkdirSync(pods)
  await expect.poll(() => readdirSync(pods)).toEqual(['one.0.json'])
  expect(JSON.parse(readFileSync(join(pods, 'one.0.json'), 'utf8'))).toMatchObject({ stopped: true })
  expect(new MarkFiles(folder).recall(pod).stopped).toBe(true)
})

it('marks that another daemon wrote into the same folder are known to the one that takes the pod over', () => {
  const one = new MarkFiles(folder)
  const other = new MarkFiles(folder)
  one.add(podIdOf('one.0'), { deadlineExceeded: true })
  expect(other.of(podIdOf('one.0'))).toEqual({})
  expect(other.recall(podIdOf('one.0')).deadlineExceeded).toBe(true)
  expect(other.of(podIdOf('one.0')).deadlineExceeded).toBe(true)
})

it('a file that a crash or the disk has spoilt says nothing', () => {
  const marks = new MarkFiles(folder)
  writeFileSync(join(pods, 'one.0.json'), '{"sto')
  expect(marks.recall(podIdOf('one.0'))).toEqual({})
  expect(readdirSync(pods)).toEqual([])
})

it('with a workflow go its marks and logs, whoever wrote them, and no one else’s', async () => {
  const marks = new MarkFiles(folder)
  for (const pod of ['one.0', 'one.1', 'two.0']) new MarkFiles(folder).add(podIdOf(pod), { stopped: true })
  writeFileSync(join(pods, 'one.2.json.part'), '{"sto')
  for (const pod of ['one.0', 'three.0']) mkdirSync(dirname(logPath(folder, podIdOf(pod), 'main')), { recursive: true })
  expect(new Set(await workflowsWithFiles(folder))).toEqual(new Set(['one', 'two', 'three']))
  marks.forget(workflowUid('one'))
  await dropFiles(folder, workflowUid('one'))
  expect(readdirSync(pods)).toEqual(['two.0.json'])
  expect(new Set(await workflowsWithFiles(folder))).toEqual(new Set(['two', 'three']))
})
