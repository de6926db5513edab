import { invalid } from "../../errors.ts";

export const INTERNAL_PROFILE = "internal";
/** Characters of a name with its directory. */
export const MAX_NAME = 255;

const USER_NAME = /^(?:[\p{L}\p{Nd}]\p{M}*|[._+-]){1,200}@[\p{L}\p{Nd}._-]{1,50}$/u;

/** Scripts that people write today: UAX #31, recommended and limited use. Japanese and Korean mix theirs, as UTS #39 has it. */
const SCRIPTS = [
  ["Latin"],
  ["Cyrillic"],
  ["Greek"],
  ["Han", "Hiragana", "Katakana"],
  ["Han", "Hangul"],
  ["Han", "Bopomofo"],
  ...`Adlam Arabic Armenian Balinese Bamum Batak Bengali Canadian_Aboriginal Chakma Cham Cherokee Devanagari Ethiopic Georgian
    Gujarati Gurmukhi Hanifi_Rohingya Hebrew Javanese Kannada Kayah_Li Khmer Lao Lepcha Limbu Lisu Malayalam Mandaic
    Meetei_Mayek Miao Mongolian Myanmar New_Tai_Lue Newa Nko Nyiakeng_Puachue_Hmong Ol_Chiki Oriya Osage Saurashtra Sinhala
    Sundanese Syloti_Nagri Syriac Tai_Le Tai_Tham Tai_Viet Tamil Telugu Thaana Thai Tibetan Tifinagh Vai Wancho Yi`
    .split(/\s+/)
    .map((script) => [script]),
].map((set) => new RegExp(`^[${["Common", "Inherited", ...set].map((script) => `\\p{scx=${script}}`).join("")}]*$`, "u"));

/** `admin` and `admin@internal` are the same user. */
export const fullName = (user: string, profile: string): string => (user.includes("@") ? user : `${user}@${profile}`);

/** What names that people take for the same have in common: compatibility forms and case are folded (NFKC, full case folding). */
export const nameKeyOf = (userName: string): string =>
  userName.normalize("NFKC").toUpperCase().toLowerCase().replaceAll("ς", "σ").normalize("NFKC");

/** With its directory, composed (NFC). Throws INVALID. */
export function checkUserName(given: string): string {
  const name = fullName(given, INTERNAL_PROFILE).normalize("NFC");
  if (!USER_NAME.test(name) || !name.endsWith(`@${INTERNAL_PROFILE}`) || nameKeyOf(name).length > MAX_NAME)
    throw invalid("input.userName", "Letters, digits, dots, dashes, plus or underscores, perhaps with @internal.", "NAME");
  const [own = ""] = name.split("@");
  if (!/[\p{L}\p{Nd}]/u.test(own)) throw invalid("input.userName", "At least one letter or digit.", "NAME");
  if (!SCRIPTS.some((script) => script.test(own)))
    throw invalid("input.userName", "Letters of one script, so that it cannot be taken for another name.", "SCRIPT");
  return name;
}
