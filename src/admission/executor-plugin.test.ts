import { describe, expect, it } from 'vitest'
import { configMapOf, readExecutorPlugin } from './executor-plugin.ts'
import { parseManifests } from './parse.ts'

const manifest = (container: string, metadata = 'name: hello') => `apiVersion: argoproj.io/v1alpha1
kind: ExecutorPlugin
metadata: { ${metadata} }
spec:
  sidecar:
    container:
      name: hello-executor-plugin
      image: example/hello:1
${container}`
const complete = `      args: ["a: b", "two\\nlines"]
      ports: [{ containerPort: 4355 }]
      resources: { requests: { cpu: 100m }, limits: { memory: 64Mi } }
      securityContext: { runAsNonRoot: true }
`

describe('an ExecutorPlugin', () => {
  it("is read as the ConfigMap that Argo's build makes of it, and is the same when read back", () => {
    const { documents, problems } = parseManifests(manifest(complete))
    expect(problems).toEqual([])
    const [document] = documents
    expect(document).toMatchObject({ kind: 'ConfigMap', name: 'hello-executor-plugin' })
    if (document?.manifest?.kind !== 'ConfigMap') throw new Error('no ConfigMap')
    const map = document.manifest.resource
    expect(map.metadata.labels).toEqual({ 'workflows.argoproj.io/configmap-type': 'ExecutorPlugin' })
    expect(map.data?.['sidecar.automountServiceAccountToken']).toBe('false')
    const read = readExecutorPlugin(map)
    if (!read.ok) throw new Error(read.error)
    expect(read.plugin.metadata.name).toBe('hello')
    expect(read.plugin.spec.sidecar.container).toMatchObject({
      args: ['a: b', 'two\nlines'],
      ports: [{ containerPort: 4355 }],
      resources: { limits: { memory: '64Mi' } },
    })
    expect(configMapOf(read.plugin).data).toEqual(map.data)
  })

  it.each([
    ['no port', complete.replace(/.*ports.*\n/, ''), 'at least one port is mandatory', 6],
    ['no limits', complete.replace(', limits: { memory: 64Mi }', ''), 'resources limits are mandatory', 11],
    ['no security context', complete.replace(/.*securityContext.*\n/, ''), 'security context is mandatory', 6],
    ['an unknown field', `${complete}      imag: x\n`, 'unknown field "spec.sidecar.container.imag"', 13],
  ])('with %s is refused at its place', (_what, container, message, line) => {
    const { documents, problems } = parseManifests(manifest(container), { file: 'p.yaml' })
    expect(problems).toMatchObject([{ message, at: { file: 'p.yaml', line } }])
    if (!message.startsWith('unknown')) expect(documents[0]?.manifest).toBeNull()
  })

  it.each([
    ['no container', {}, 'at least one port is mandatory'],
    ['YAML that is broken', { 'sidecar.container': 'a: [' }, /^sidecar\.container: /],
    ['a field that containers do not have', { 'sidecar.container': 'imag: x' }, /unknown field .*imag/],
    ['a value of a wrong type', { 'sidecar.container': 'ports: 3' }, /cannot unmarshal/],
  ])('in a ConfigMap with %s is said to be wrong', (_what, data, error) => {
    const read = readExecutorPlugin({ metadata: { name: 'x-executor-plugin' }, data })
    expect(read).toMatchObject({ ok: false, error: expect.stringMatching(error) as string })
  })
})
