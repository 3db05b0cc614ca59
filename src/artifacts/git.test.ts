import { execFileSync } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Artifact } from '../resources/index.ts'
import { tarLines } from './artifacts.fixtures/trees.ts'
import { createArtifacts } from './artifacts.ts'
import type { Artifacts } from './artifacts.ts'

const context = {
  namespace: 'default',
  secrets: (_ns: string, _name: string, key: string) => (key === 'user' ? 'ann' : 'pa55word'),
}
const env = { PATH: process.env['PATH'] ?? '', GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' }
const identity = ['-c', 'user.name=t', '-c', 'user.email=t@example.org', '-c', 'init.defaultBranch=main']

let origin: string
let firstCommit: string
let directory: string
let artifacts: Artifacts
const git = (...args: string[]) =>
  execFileSync('git', [...identity, ...args], {
    cwd: origin,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim()
const commit = (text: string) => {
  writeFileSync(join(origin, 'file'), text)
  git('add', '.')
  git('commit', '-m', text)
}

beforeAll(() => {
  origin = mkdtempSync(join(tmpdir(), 'drydock-origin-'))
  git('init')
  mkdirSync(join(origin, 'sub'))
  writeFileSync(join(origin, 'sub/run.sh'), '#!/bin/sh\n', { mode: 0o755 })
  symlinkSync('file', join(origin, 'link'))
  commit('first')
  firstCommit = git('rev-parse', 'HEAD')
  git('tag', 'v1')
  commit('second')
  git('checkout', '-b', 'feature/x')
  commit('feature')
  git('checkout', 'main')
  git('update-ref', 'refs/pull/7/head', firstCommit)
})
afterAll(() => {
  rmSync(origin, { recursive: true })
})
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'drydock-git-'))
  artifacts = createArtifacts({ directory, allowLocalGit: true })
})
afterEach(() => {
  expect(readdirSync(join(directory, 'passing'))).toEqual([])
  rmSync(directory, { recursive: true })
})

const load = async (location: Partial<NonNullable<Artifact['git']>> = {}) => {
  const artifact = { name: 'a', git: { repo: `file://${origin}`, ...location } }
  const tar = await artifacts.load(artifact, { path: '/src', uid: 5, gid: 6 }, context)
  return tar === null ? [] : tarLines(tar)
}
const contentOf = (lines: readonly string[]) => lines.find((line) => line.includes(' src/file = '))?.split(' = ')[1]

it('clones the default branch with modes, links and its history', async () => {
  const lines = await load()
  expect(contentOf(lines)).toBe('second')
  expect(lines).toContain('755 5:6 src/sub/run.sh = #!/bin/sh\n')
  expect(lines).toContain('777 5:6 src/link -> file')
  expect(lines.find((line) => line.includes('src/.git/HEAD'))).toContain('ref: refs/heads/main')
})
it.each([
  ['a tag', { revision: 'v1' }, 'first'],
  ['a branch', { revision: 'feature/x' }, 'feature'],
  ['a branch alone', { branch: 'feature/x', singleBranch: true }, 'feature'],
  ['only as deep as asked', { depth: 1 }, 'second'],
  ['a reference that is fetched', { revision: 'refs/x', fetch: ['refs/pull/7/head:refs/x'], depth: 1 }, 'first'],
])('checks out %s', async (_name, location, content) => {
  expect(contentOf(await load(location))).toBe(content)
})
it('checks out a commit', async () => {
  expect(contentOf(await load({ revision: firstCommit }))).toBe('first')
})
it('says which revision it cannot find', async () => {
  await expect(load({ revision: 'nope' })).rejects.toMatchObject({
    code: 'ARTIFACT_GIT',
    message: "failed to resolve revision 'nope': reference not found",
  })
})
it.each([{ revision: '--upload-pack=touch /tmp/x' }, { branch: '-x' }, { fetch: ['--all'] }])(
  'takes no options for names: %j',
  async (location) => {
    await expect(load(location)).rejects.toMatchObject({ code: 'ARTIFACT_LOCATION' })
  },
)
it.each(['/etc', 'ext::sh -c "touch /tmp/x"', '--upload-pack=x'])('does not open %s', async (repo) => {
  artifacts = createArtifacts({ directory })
  await expect(load({ repo })).rejects.toMatchObject({ code: 'ARTIFACT_GIT' })
})
it("keeps the daemon's own files closed by default", async () => {
  artifacts = createArtifacts({ directory })
  await expect(load()).rejects.toThrow("transport 'file' not allowed")
})
it('gives credentials to the server that asks, and to nobody else', async () => {
  const asked: (string | undefined)[] = []
  const server = createServer((request, response) => {
    asked.push(request.headers.authorization)
    const isKnown = request.headers.authorization !== undefined
    response.writeHead(isKnown ? 403 : 401, { 'www-authenticate': 'Basic realm="x"' }).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const repo = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x.git`
  const selector = (key: string) => ({ name: 'cred', key })
  const failed = load({ repo, usernameSecret: selector('user'), passwordSecret: selector('pass') })
  await expect(failed).rejects.toMatchObject({
    code: 'ARTIFACT_GIT',
    message: expect.not.stringContaining('pa55word') as unknown,
  })
  expect(asked).toContain(`Basic ${btoa('ann:pa55word')}`)
  server.close()
})
