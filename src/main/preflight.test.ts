import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { loadConfig, locatedProblems, settingsProblemText } from '../config/index.ts'
import { preflightProblems } from './preflight.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'preflight-'))
  await writeFile(join(folder, 'token'), 'short\n')
})
afterAll(() => rm(folder, { recursive: true }))

async function problemsOf(text: string): Promise<readonly string[]> {
  const file = join(folder, 'drydock.yaml')
  await writeFile(file, text)
  const { config } = await loadConfig({ base: folder, file })
  const problems = await locatedProblems(preflightProblems(config), file)
  return problems.map((problem) => settingsProblemText(problem).replace(`${folder}/`, ''))
}

it('finds nothing in settings that a daemon can start with', async () => {
  expect(await problemsOf('data: fresh\nfolders: [fresh]\n')).toEqual([])
})

it.each([
  [
    'server: {host: 0.0.0.0}\n',
    /^drydock.yaml:1:16 {2}server\.host {2}refusing to listen on 0\.0\.0\.0 without a token/,
  ],
  [
    'server:\n  tokenFile: token\n',
    /^drydock.yaml:2:14 {2}server\.tokenFile {2}the token in .* is not usable .*openssl/,
  ],
  ['server: {tokenFile: none}\n', /cannot read the token file/],
  ['server: {port: 9090}\n', /metrics\.port {2}port 9090 is the API’s/],
  ['folders:\n  - token\n', /^drydock.yaml:2:3 {2}folders {2}.*token is no folder/],
  ['policy: {hostPaths: [srv]}\n', /^drydock.yaml:1:21 {2}policy\.hostPaths {2}srv must be an absolute path/],
  ['plugins: [{name: p, address: "http://p", tokenFile: none}]\n', /plugins {2}cannot read none \(token of plugin p\)/],
])('finds what %j would run into', async (text, words) => {
  expect(await problemsOf(text)).toEqual([expect.stringMatching(words)])
})
