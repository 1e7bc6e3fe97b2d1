/** Sentences of many scripts, and texts made to cost. Each has a word that a search for it finds. */
export type Sample = { name: string; text: string; word: string };

const english = "The quick brown fox jumps over the lazy dog and then sleeps in the garden. ";
const german = "Über schöne Gärten für Mädchen und Jungen läuft ein kleines Hündchen. ";
const vietnamese = "Tôi thích đọc sách và uống trà trong vườn vào buổi chiều mùa hè ở Hà Nội. ";
const zalgo = Array.from("the garden is dark ", (letter, i) =>
	letter === " " ? letter : letter + marks(12, i * 7),
).join("");

/** Combining marks of different classes, in an order that is not the canonical one. */
export function marks(count: number, from: number): string {
	return Array.from({ length: count }, (_, i) => String.fromCharCode(0x300 + ((from + i * 29) % 0x70))).join("");
}

/** `a` with one mark, with two, and so on. */
const staircase = Array.from({ length: 100 }, (_, i) => `a${"\u0301".repeat(i + 1)} `).join("");

export const samples: Sample[] = [
	{ name: "English", text: english, word: "garden" },
	{ name: "German, decomposed", text: german.normalize("NFD"), word: "Hündchen" },
	{ name: "Vietnamese", text: vietnamese, word: "vườn" },
	{ name: "Vietnamese, decomposed", text: vietnamese.normalize("NFD"), word: "vườn" },
	{
		name: "Arabic, vowelled",
		text: "كَتَبَ الوَلَدُ رِسَالَةً إِلَى صَدِيقِهِ فِي المَدِينَةِ البَعِيدَةِ جِدًّا. ",
		word: "المَدِينَةِ",
	},
	{ name: "Hebrew, pointed", text: "בְּרֵאשִׁית בָּרָא אֱלֹהִים אֵת הַשָּׁמַיִם וְאֵת הָאָרֶץ. ", word: "הָאָרֶץ" },
	{ name: "Thai", text: "ฉันชอบอ่านหนังสือและดื่มน้ำชาในสวนตอนบ่ายของฤดูร้อนที่กรุงเทพ ", word: "กรุงเทพ" },
	{ name: "Hindi", text: "मुझे गर्मियों की दोपहर में बगीचे में किताबें पढ़ना और चाय पीना पसंद है। ", word: "किताबें" },
	{ name: "Japanese", text: "私は夏の午後に庭で本を読みながらお茶を飲むのが好きです。", word: "お茶" },
	{ name: "Japanese, half width", text: "ｶﾞﾗｽﾉ ｺｯﾌﾟﾃﾞ ｵﾁｬｦ ﾉﾐﾏｼﾀ. ", word: "オチャ" },
	{ name: "Chinese", text: "我喜欢在夏天的下午在花园里看书喝茶。", word: "花园" },
	{ name: "Korean", text: "나는 여름 오후에 정원에서 책을 읽으며 차를 마시는 것을 좋아한다. ", word: "정원" },
	{ name: "Korean, decomposed", text: "나는 여름 오후에 정원에서 책을 읽으며 차를. ".normalize("NFD"), word: "정원" },
	{ name: "emoji", text: "👩‍👩‍👧 👍🏽 ❤️ 🏳️‍🌈 tea 🇩🇪 👨🏿‍🚀 ", word: "tea" },
	{
		name: "full width",
		text: "Ｆｕｌｌ　ｗｉｄｔｈ　ｌｅｔｔｅｒｓ　ｔａｋｅ　ｔｗｏ　ｃｏｌｕｍｎｓ. ",
		word: "letters",
	},
	{ name: "one letter, one mark", text: "a\u0301", word: "aaa*" },
	{ name: "one letter, 1 to 100 marks", text: staircase, word: "first" },
	{ name: "one letter, 4,900 marks", text: `a${"\u0301".repeat(4_899)}`, word: "first" },
	{ name: "marks in reverse order", text: `a${"\u0301".repeat(2_450)}${"\u0323".repeat(2_449)}`, word: "first" },
	{ name: "marks on another script", text: `и${"\u0301".repeat(2_450)}${"\u0591".repeat(2_449)}`, word: "first" },
	{ name: "zalgo", text: zalgo, word: "first" },
	{
		name: "zalgo, Cyrillic",
		text: zalgo.replace(/[a-z]/g, (letter) => String.fromCharCode(0x3cf + letter.charCodeAt(0))),
		word: "first",
	},
	{ name: "one letter words", text: "a b c d e f g h i j k l m n o p ", word: "a" },
	{ name: "one letter", text: "a".repeat(100), word: "aaa*" },
];

/** As much of a text as a post may have, in code points, between a beginning and an end. */
export function repeated(text: string, { first = "", last = "", length = 5_000 } = {}): string {
	const room = length - first.length - last.length;
	const points = Array.from(text.repeat(Math.ceil(room / Array.from(text).length)));
	return first + points.slice(0, room).join("") + last;
}

/** A post of as many hashtags and mentions as are looked at; another number has other hashtags. */
export const tagged = (number: number) =>
	Array.from({ length: 30 }, (_, i) => `#${"ก".repeat(90)}${number * 30 + i} @user${i}`).join(" ");
