/**
 * What every system keeps and answers, so that they differ in nothing but their sessions.
 * @module
 */

/** What a shop might put into a session: about 1 KB of JSON, or several. */
export interface Content {
  visits: number;
  readonly profile: { readonly name: string; readonly language: string; readonly city: string };
  readonly cart: readonly {
    readonly article: string;
    readonly title: string;
    readonly count: number;
  }[];
}

/** Kilobytes of a session, as the command that measures says: 1, or another whole number. */
const kilobytes = Number(process.env.HOLDFAST_BENCH_KILOBYTES ?? "1");

export const content: Content = {
  visits: 0,
  profile: { name: "Grace Brewster Murray Hopper", language: "en-GB", city: "Arlington" },
  cart: Array.from({ length: 13 * kilobytes }, (_, n) => ({
    article: `A-${1000 + n * 37}`,
    title: `Article ${n} in blue, size ${n % 7}, gift`,
    count: (n % 3) + 1,
  })),
};

/** The account that holds {@link content}. */
export const ACCOUNT = "account-0042";

/** The body of every answer. */
export function answerText(
  subject: string | undefined,
  profile: Content["profile"] | undefined,
): string {
  return JSON.stringify({ subject: subject ?? null, name: profile?.name ?? null });
}

/** The body of an answer where nobody looks anything up. */
export const plainAnswer: string = answerText(ACCOUNT, content.profile);
