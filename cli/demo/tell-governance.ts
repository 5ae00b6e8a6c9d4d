import type { Client } from '../client.ts'
import { askGovernance, EVENT, leaveGovernance } from './governance.ts'
import { here } from './here.ts'
import type { DemoResult } from './result.ts'
import type { Stage } from './stage.ts'
import { runUsageVerifier } from './verifier.ts'

/** Where it is told, where files are left, and what came of it. */
interface Told {
  stage: Stage
  out: string
  result: DemoResult
}

/** Asks what may be done with the model of the seed world, and leaves what outlasts the service. */
export async function tellGovernance({ stage, out, result }: Told, client: Client) {
  await stage.scene({
    title: 'What may be done with it, and what would a change do?',
    shows:
      'A model was trained on these tables. Licences, assessments and usage are in the same graph.',
    command: `npm run -s selvedge -- may-use <model> --tenant ${client.tenant} --action commercialize --for dpv:Advertising`,
  })
  const { model, answer, because, way, expired, toReview } = await askGovernance(client)
  const files = await leaveGovernance(client, { model, out })
  result.governance = { mayUse: answer, because, expired, toReview, ...files, proven: false }
  const { red } = stage.colours
  stage.say(
    `May advertisements be aimed by it? ${red(answer)}: forbidden by ${because}`,
    `   ${way.join(' → ')}`,
    `Marketing ran on 1 November, though the assessment had ended: ${expired.join(', ')}`,
    `Were the model's own assessment to end, ${toReview.length} things would be for review`,
    `${here(files.card)}   its card, as the Hugging Face Hub has them`,
    `${here(files.proof)}   that one hour of its usage is in a day that is sealed`,
  )
}

/** The event of one hour against the record of its day, which a bundle of its own shows. */
export async function verifyUsage({ stage, result }: Omit<Told, 'out'>, trust: string) {
  const governance = result.governance!
  const { ok, value } = await runUsageVerifier(governance.proof, { ...governance, trust })
  governance.proven = ok
  const [mark, paint] = ok ? ['✓', stage.colours.green] : ['✗', stage.colours.red]
  stage.say(`${paint(`${mark} usage`.padEnd(22))} ${value} estimates in the hour ${EVENT.id}`)
  return ok
}
