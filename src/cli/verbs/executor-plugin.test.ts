import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { parseManifests, readExecutorPlugin } from '../../admission/index.ts'
import { programOf } from '../main.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'executor-plugin-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const build = async () => {
  const words = ['executor-plugin', 'build', folder]
  await (await programOf(words)).parseAsync(words, { from: 'user' })
}
const manifest = (more: string) => `apiVersion: argoproj.io/v1alpha1
kind: ExecutorPlugin
metadata: { name: hello, annotations: { about: greets } }
spec:
  sidecar:
    container:
      name: hello-executor-plugin
      image: example/hello:1
      command: [python, -c]
      ports: [{ containerPort: 4355 }]
      resources: { requests: { cpu: 100m }, limits: { memory: 64Mi } }
${more}`

it('builds a ConfigMap that can be dropped, with the script as the argument', async () => {
  await writeFile(join(folder, 'plugin.yaml'), manifest('      securityContext: { runAsNonRoot: true }\n'))
  await writeFile(join(folder, 'server.py'), 'print("a: b")\n')
  await build()
  const text = await readFile(join(folder, 'hello-executor-plugin-configmap.yaml'), 'utf8')
  const { documents, problems } = parseManifests(text)
  expect(problems).toEqual([])
  if (documents[0]?.manifest?.kind !== 'ConfigMap') throw new Error('no ConfigMap')
  const map = documents[0].manifest.resource
  expect(map.metadata).toMatchObject({ name: 'hello-executor-plugin', annotations: { about: 'greets' } })
  expect(readExecutorPlugin(map)).toMatchObject({
    ok: true,
    plugin: { metadata: { name: 'hello' }, spec: { sidecar: { container: { args: ['print("a: b")\n'] } } } },
  })
})

it('says what is wrong, and where', async () => {
  await writeFile(join(folder, 'plugin.yaml'), manifest(''))
  await expect(build()).rejects.toThrow(/plugin\.yaml:6:\d+.*security context is mandatory/)
})

it('wants a plugin.yaml', async () => {
  await expect(build()).rejects.toThrow(/plugin\.yaml cannot be read/)
})
