import { describe, expect, it } from 'vitest'
import type { WorkflowSpec } from '../resources/index.ts'
import { type SecurityPolicy, allowsHostPath, checkPodPolicy, checkPolicy, strictPolicy } from './policy.ts'

const rulesOf = (spec: WorkflowSpec, policy: SecurityPolicy = strictPolicy) =>
  checkPolicy(spec, policy).map(({ rule, path }) => `${rule ?? ''} ${path ?? ''}`)
const template = (more: object): WorkflowSpec => ({ templates: [{ name: 'a', ...more }] })

describe('the policy', () => {
  it.each<[string, WorkflowSpec, string, Partial<SecurityPolicy>]>([
    [
      'a privileged container',
      template({ container: { image: 'a', securityContext: { privileged: true } } }),
      'privileged spec.templates[0].container.securityContext.privileged',
      { allowPrivileged: true },
    ],
    [
      'an added capability in a sidecar',
      template({ sidecars: [{ name: 's', securityContext: { capabilities: { add: ['NET_ADMIN'] } } }] }),
      'capability spec.templates[0].sidecars[0].securityContext.capabilities.add[0]',
      { allowedCapabilities: ['CAP_NET_ADMIN'] },
    ],
    ['the host’s network', { hostNetwork: true }, 'host-namespace spec.hostNetwork', { allowHostNamespaces: true }],
    [
      'a device',
      template({ script: { image: 'a', source: '', volumeDevices: [{ name: 'd', devicePath: '/dev/sda' }] } }),
      'device spec.templates[0].script.volumeDevices',
      { allowDevices: true },
    ],
    [
      'a path of the host',
      template({ volumes: [{ name: 'v', hostPath: { path: '/etc' } }] }),
      'host-path spec.templates[0].volumes[0].hostPath.path',
      { allowedHostPaths: ['/etc'] },
    ],
    [
      'a template in a step',
      template({
        steps: [[{ name: 's', inline: { container: { image: 'a', securityContext: { privileged: true } } } }]],
      }),
      'privileged spec.templates[0].steps[0][0].inline.container.securityContext.privileged',
      { allowPrivileged: true },
    ],
  ])('refuses %s by the name of the rule, unless it is allowed', (_, spec, breach, allowance) => {
    expect(rulesOf(spec)).toEqual([breach])
    expect(rulesOf(spec, { ...strictPolicy, ...allowance })).toEqual([])
  })

  it('looks at a pod after its patch too', () => {
    const pod = { hostPID: true, containers: [{ securityContext: { privileged: true } }] }
    expect(checkPodPolicy(pod, strictPolicy).map(({ path }) => path)).toEqual([
      'hostPID',
      'containers[0].securityContext.privileged',
    ])
  })
})

describe('the list of host paths', () => {
  it.each([
    ['/data', true],
    ['/data/a', true],
    ['/data/', true],
    ['/database', false],
    ['/data/../etc', false],
    ['data', false],
  ])('with /data alone on it answers for %s: %s', (path, isAllowed) => {
    expect(allowsHostPath({ allowedHostPaths: ['/data/'] }, path)).toBe(isAllowed)
  })
})
