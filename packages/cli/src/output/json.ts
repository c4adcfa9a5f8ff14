/**
 * One line of JSON. Sizes and ids are numbers there (none of ours reaches 2^53 bytes in practice; a larger one is
 * written as a string rather than rounded), and what is undefined is left out.
 */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) => {
    if (typeof member !== 'bigint') return member;
    return member <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(member) : member.toString();
  });
}
