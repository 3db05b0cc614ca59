import { describe, expect, it } from 'vitest'
import type { NodeSelectorRequirement } from '../../resources/index.ts'
import { fitsEndpoint, nodeChoiceOf, preferenceFor } from './node-match.ts'

const labels = { 'kubernetes.io/hostname': 'big', disk: 'ssd', cores: '16' }
const big = { name: 'big', labels }
const required = (...matchExpressions: NodeSelectorRequirement[]) => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] },
    },
  },
})

describe('which endpoint a pod may run on', () => {
  it('is free where the spec chooses nothing', () => {
    expect(nodeChoiceOf({})).toBeNull()
    expect(nodeChoiceOf({ nodeSelector: {}, affinity: { podAntiAffinity: {} } })).toBeNull()
    expect(nodeChoiceOf({ nodeSelector: { disk: 'ssd' } })).not.toBeNull()
  })

  it('is said by every label of a nodeSelector', () => {
    expect(fitsEndpoint({ nodeSelector: { disk: 'ssd' } }, big)).toBe(true)
    expect(fitsEndpoint({ nodeSelector: { disk: 'ssd', gpu: 'yes' } }, big)).toBe(false)
    expect(fitsEndpoint({ nodeName: 'small' }, big)).toBe(false)
  })

  it.each<[string, NodeSelectorRequirement, boolean]>([
    ['In', { key: 'disk', operator: 'In', values: ['hdd', 'ssd'] }, true],
    ['In without the label', { key: 'gpu', operator: 'In', values: ['yes'] }, false],
    ['NotIn', { key: 'disk', operator: 'NotIn', values: ['ssd'] }, false],
    ['NotIn without the label', { key: 'gpu', operator: 'NotIn', values: ['yes'] }, true],
    ['Exists', { key: 'disk', operator: 'Exists' }, true],
    ['DoesNotExist', { key: 'disk', operator: 'DoesNotExist' }, false],
    ['Gt', { key: 'cores', operator: 'Gt', values: ['8'] }, true],
    ['Gt of a text', { key: 'disk', operator: 'Gt', values: ['8'] }, false],
    ['Lt', { key: 'cores', operator: 'Lt', values: ['8'] }, false],
    ['an operator that nobody knows', { key: 'disk', operator: 'Like', values: ['s*'] }, false],
  ])('is said by required affinity: %s', (_, requirement, fits) => {
    expect(fitsEndpoint(required(requirement), big)).toBe(fits)
  })

  it('is any that fits one of several terms, none where a term is empty', () => {
    const terms = (...nodeSelectorTerms: object[]) => ({
      affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
    })
    const ssd = { matchExpressions: [{ key: 'disk', operator: 'In', values: ['ssd'] }] }
    const named = { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['small'] }] }
    expect(fitsEndpoint(terms(named, ssd), big)).toBe(true)
    expect(fitsEndpoint(terms(named), big)).toBe(false)
    expect(fitsEndpoint(terms({}), big)).toBe(false)
  })

  it('is one whose own machines fit', () => {
    const swarm = { name: 'swarm', labels: { kind: 'swarm' }, nodes: [{ name: 'n1', labels: { disk: 'ssd' } }] }
    expect(fitsEndpoint({ nodeSelector: { disk: 'ssd', kind: 'swarm' } }, swarm)).toBe(true)
    expect(fitsEndpoint({ nodeSelector: { disk: 'hdd' } }, swarm)).toBe(false)
  })

  it('is rather one with what is preferred, by weight', () => {
    const wish = (weight: number, key: string) => ({
      weight,
      preference: { matchExpressions: [{ key, operator: 'Exists' }] },
    })
    const affinity = {
      nodeAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [wish(10, 'disk'), wish(5, 'cores'), wish(50, 'gpu')],
      },
    }
    expect(preferenceFor({ affinity }, big)).toBe(15)
  })
})
