/** The part of a step, task or hook that names what it calls. */
export function pickHolder(step: { template?: string; templateRef?: object; inline?: object }): object {
  return {
    ...(step.template ? { template: step.template } : {}),
    ...(step.templateRef === undefined ? {} : { templateRef: step.templateRef }),
    ...(step.inline === undefined ? {} : { inline: step.inline }),
  }
}
