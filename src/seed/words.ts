import type { Faker } from "@faker-js/faker";
import { lines } from "./lines";
import type { Chance } from "./random";

/** Items between bars. Some come more than once: those are more common. */
const list = (text: string) => text.split("|").map((item) => item.trim());

export const animals = list(`
	cat|cat|cat|dog|dog|dog|rabbit|tortoise|parrot|hen|horse|hamster
`);
export const instruments = list(`
	piano|guitar|cello|accordion|trumpet|violin|double bass|clarinet|ukulele|flute|banjo
`);

export const towns = list(`
	Bergen|Malmö|Aarhus|Tampere|Tartu|Gdańsk|Kraków|Brno|Graz|Zürich|Bern|Köln|Tübingen|Münster|Lübeck|
	Leipzig|Utrecht|Gent|Lille|Nantes|Besançon|Galway|Leeds|Bristol|Cardiff|Aberdeen|Porto|Coimbra|Cádiz|
	Bilbao|Bologna|Trieste|Ljubljana|Pécs|Cluj|İzmir|Halifax|Québec|Portland|Madison|Wellington|Hobart
`);

export const workplaces = list(`
	the library|the school|the hospital|the post office|the town theatre|the brewery|the museum|the lab|
	the bakery|the bookshop|the town hall|the bicycle shop|the tax office|the nursery|the print shop|
	the zoo
`);

const lists: Record<string, string[]> = {
	relative: list(`
		sister|brother|mother|father|grandmother|grandfather|flatmate|uncle|aunt|best friend|cousin|
		godmother|better half
	`),
	neighbour: list("neighbour|neighbour|neighbour|upstairs neighbour|downstairs neighbour|new neighbour"),
	place: list(`
		station|church|bridge|library|town hall|harbour|market|old mill|playground|tram stop|fountain|school|
		cemetery
	`),
	hideout: list("shed|hedge|woodpile|terrace|compost heap|garden bench"),
	city: list(`
		Lisbon|Istanbul|Kyoto|Oslo|Marseille|Naples|Vienna|Sarajevo|Tbilisi|Montréal|Reykjavík|Tallinn|
		Seville|Palermo|Edinburgh|Prague|Budapest|Riga|Athens|Genoa|Antwerp|Basel|Turin|Gothenburg|Kiel|
		Zagreb|Split|Warsaw|Dublin|Lyon|Córdoba|Valparaíso|Oaxaca|Hanoi|Lviv|Thessaloniki|Stavanger|Helsinki|
		Bordeaux|Salzburg
	`),
	country: list("France|Italy|Norway|Portugal|Poland|Spain|Greece|Switzerland|Japan|Finland|Croatia|Denmark"),
	language: list(`
		Portuguese|Finnish|Welsh|Italian|Turkish|Norwegian|Czech|Greek|Polish|Japanese|Danish|Catalan|
		Hungarian|sign language
	`),
	vehicle: list("night train|ferry|bus|slow train|train|first train"),
	dish: list(`
		lentil soup|ratatouille|shakshuka|goulash|lasagne|risotto|moussaka|ramen|pad thai|dal|chilli|paella|
		pierogi|fish pie|potato gratin|mushroom stroganoff|minestrone|borscht|gnocchi|falafel|onion tart|
		bibimbap|tagine|leek and potato soup|cauliflower curry|spinach lasagne|dumplings|jollof rice|
		käsespätzle|rösti|kedgeree|stuffed peppers|tortilla|enchiladas|bean stew|chickpea curry|pea soup|
		mapo tofu|pasta al limone|cabbage rolls|köfte|ceviche|couscous|pumpkin soup|schnitzel|noodle salad
	`),
	veg: list(`
		courgettes|tomatoes|beetroots|carrots|leeks|runner beans|peppers|aubergines|radishes|turnips|
		parsnips|onions|mushrooms|chillies|cucumbers|peas|sweet potatoes|Brussels sprouts|artichokes|
		potatoes
	`),
	ingredient: list(`
		butter|cream|miso|anchovies|capers|coconut milk|oat milk|feta|walnuts|lemon juice|honey|olives|
		vinegar|stock|white wine|tahini|parmesan|breadcrumbs|chickpeas|yoghurt|fish sauce|mustard|
		brown sugar|dried tomatoes
	`),
	preserve: list("jam|chutney|jelly|compote"),
	bake: list(`
		banana bread|focaccia|apple pie|rye bread|cheesecake|carrot cake|brioche|shortbread|gingerbread|
		challah|ciabatta|lemon cake|plum cake|babka|soda bread|pavlova|crème brûlée|strudel|zopf|
		plaited loaf
	`),
	flower: list(`
		rose|clematis|hollyhock|dahlia|peony|hydrangea|sunflower|lavender|wisteria|foxglove|jasmine|geranium|
		fuchsia|lilac
	`),
	service: list(`
		Nextcloud|Jellyfin|Immich|Home Assistant|Vaultwarden|Paperless|Forgejo|Miniflux|Navidrome|Pi-hole|
		Syncthing|a wiki|our mail server|my feed reader|the photo album|minifeed
	`),
	machine: list(`
		a Raspberry Pi 4|an old ThinkPad|a mini PC|a Raspberry Pi Zero|the smallest VPS there is|
		a laptop with a broken screen|a thin client from {year}|an old desktop|a router that nobody wanted|
		a NAS from {year}
	`),
	music: list(`
		baroque music|free jazz|bluegrass|synth pop|fado|krautrock|klezmer|ambient|ska|old soul|opera|techno|
		choral music|cumbia
	`),
	distance: list("5k|10k|half marathon|parkrun|12k|hill run|marathon|trail run|8k"),
	colour: list("red|blue|green|yellow|orange|violet|turquoise|pink|grey|mustard|dark green|sky-blue"),
	quote: list(`
		Do you have this in a colour that exists?|I will wait until it is tomorrow.|
		You were right about the soup.|Be brave, but bring a jumper.|Is the internet closed today?|
		I did not press anything, I only clicked.|It was broken when I broke it.|
		If you read this: go outside.|We met on page ninety.|Can you turn the volume of the smell down?|
		Everything takes as long as it takes.|I would like to speak to the building.
	`),
	childQuote: list(`
		Do fish know that it is raining?|When I was small, were you there?|
		I am not tired, my eyes are just resting.|Who was the first person to laugh?|
		Why is the moon following only us?|Does the sea have a lid?|Can a cloud be sour?|
		Is yesterday still somewhere?|I can whistle, but only inside.|You are old, but not finished.|
		Do worms have birthdays?|My soup is too loud.|Where do the stairs go at night?|
		Is zero a number or a hole?
	`),
	filmKind: list(`
		western|thriller|musical|documentary|romantic comedy|silent film|science fiction film|heist film|
		courtroom drama|road movie|ghost film|samurai film
	`),
	game: list(`
		Carcassonne|Catan|Scrabble|chess|Go|Uno|Azul|Codenames|Wingspan|rummy|backgammon|dominoes|Risk|
		Hanabi|canasta
	`),
	bird: list(`
		kingfisher|goldfinch|nuthatch|robin|wren|heron|barn owl|jay|woodpecker|buzzard|red kite|hoopoe|
		blackcap|bullfinch|stork|cormorant|lapwing|goldcrest|firecrest|siskin|tree creeper|wagtail|dipper|
		redstart|peregrine falcon|cuckoo|hawfinch|waxwing|chiffchaff
	`),
	garment: list("jumper|scarf|hat|cardigan|waistcoat|raincoat|bobble hat|dressing gown|pullover|poncho"),
	n: list("two|three|four|five|six|seven|eight|nine"),
	weekday: list("Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"),
	animal: animals,
	instrument: instruments,
	town: towns,
	workplace: workplaces,
};

type Season = "winter" | "spring" | "summer" | "autumn";

const seasons: Record<Season, { weather: string[]; garden: string[] }> = {
	winter: {
		weather: list(`
			snow|fog|black ice|drizzle|frost on the windows|minus nine degrees|blue sky and icy wind|sleet|
			the first snow|dark at four|grey on grey|sun on snow
		`),
		garden: lines(`
			Nothing to do in the garden, so I read seed catalogues. It is worse than a sweet shop.
			Snow on the {flower}. [It does not seem to mind.|I took {n} photos.]
			Pruned the apple tree {today}, in gloves, under the eyes of a {bird}.
			The leeks stand in the snow like soldiers. [Soup!|I salute them.]
			The bird feeder is the busiest place in {town}.
			Sowed the first chillies on the window sill. It begins!
			Sharpened {n} tools and oiled the handles. The garden sleeps, I do not.
			Kale is the only one out there that still believes.
			My window sills are full: {n} geraniums, one lemon tree, no view.
		`),
	},
	spring: {
		weather: list(`
			April weather|sun and hail at the same time|the first warm day|rain, then a rainbow|
			wind from everywhere|twenty degrees|blossom in the air|fog at dawn|a proper thunderstorm|soft rain|
			frost, in the middle of spring
		`),
		garden: lines(`
			The {veg} have come up! [All {n} of them.|I have checked every hour.|One row is crooked, and it stays so.]
			Sowed {veg} {today}. [Now we wait.|The pigeons watched closely.|In rows, for once.]
			Frost last night. I ran out in pyjamas to cover the {flower}.
			The cherry tree is in blossom and it hums.
			Turned the beds {today}, found {n} worms and a spoon.
			{N} tomato plants on the kitchen table. We eat on the sofa.
			First {flower} of the year! [I called my {relative}.|Nobody saw it but me.]
			Weeding is just gardening with an opinion.
			Bought {flower} again. There is no more room. I will find room.
			Asparagus, three spears, after {n} years of waiting.
		`),
	},
	summer: {
		weather: list(`
			thirty-four degrees|a thunderstorm|heat|not a cloud|a warm night|the smell of rain on hot stone|
			too hot to think|a cool breeze at last|shooting stars|rain, finally|a hazy sun
		`),
		garden: lines(`
			Picked {page} tomatoes {today}. [Help.|Come and get some.|The kitchen is red.]
			The courgettes have become {n} canoes overnight.
			Watered at six in the morning, with tea, barefoot. [Best hour of the day.|A {bird} watched.]
			The {flower} is taller than I am.
			Somebody eats my strawberries exactly one hour before they are ripe. [I suspect the blackbird.|I suspect my {relative}.]
			The bees love the {flower}. I counted {page} in one minute and gave up.
			The first {veg} of our own! [They taste of sun.|Eaten on the spot.|{N} of them. We shared.]
			The hosepipe has a hole, the lawn has given up, I have a hat.
			Too many {veg}. I leave them on doorsteps now, and ring, and run.
			Came back from holiday: the garden did better without me.
		`),
	},
	autumn: {
		weather: list(`
			fog|golden light|rain, sideways|the first frost|storm|wind in the leaves|a mild, grey day|
			fourteen degrees and sun|drizzle since breakfast|a red sky|mist over the river
		`),
		garden: lines(`
			The last {veg} are in. [Goodbye, summer.|The shelf is full.|{N} jars.]
			Raked leaves for {n} hours. The wind had other plans.
			Planted {page} bulbs {today}. My back will remember where.
			{N} pumpkins! One of them is bigger than my {relative}'s dog.
			Green tomatoes, {page} of them. [Chutney it is.|They ripen in the drawer, next to an apple.]
			Collected seeds of the {flower} into envelopes. I will forget to label them.
			The {flower} still blooms, as if nobody had told it.
			Apple day: {n} crates, {n2} neighbours, one press. [Juice!|Sticky and happy.]
			The hedgehog has moved into the leaves, so the leaves stay.
			Put the garden to bed {today}. Good night, beds.
		`),
	},
};
const dayNames = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");
const monthNames = "January February March April May June July August September October November December".split(" ");
const seasonNames: Season[] = ["winter", "spring", "summer", "autumn"];

/** Words of each kind, as somebody says them at that time. */
export function words(faker: Faker, chance: Chance) {
	const { pick, below } = chance;
	const daypart = (hour: number) =>
		hour < 5 || hour >= 18 ? "tonight" : hour < 12 ? "this morning" : "this afternoon";
	const times: Record<string, (at: Date) => string> = {
		today: (at) => (chance.maybe(0.55) ? "today" : daypart(at.getUTCHours())),
		yesterday: () => pick(["yesterday", "yesterday", "last night", "at the weekend", "last week", "the other day"]),
		thisDay: (at) => dayNames[at.getUTCDay()] ?? "",
		month: (at) => monthNames[at.getUTCMonth()] ?? "",
		month2: () => pick(monthNames),
		season: (at) => seasonOf(at),
		weather: (at) => pick(seasons[seasonOf(at)].weather),
		gardenNews: (at) => pick(seasons[seasonOf(at)].garden),
		page: () => String(12 + below(400)),
		year: () => String(1968 + below(54)),
		age: () => String(29 + below(45)),
		age2: () => String(7 + below(12)),
		age3: () => String(60 + below(36)),
		fruit: () => faker.food.fruit(),
		spice: () => faker.food.spice(),
		book: () => faker.book.title(),
		writer: () => faker.book.author(),
		genre: () => faker.book.genre().toLowerCase(),
		song: () => faker.music.songName(),
		artist: () => faker.music.artist(),
		album: () => faker.music.album(),
		firstName: () => faker.person.firstName(),
		petName: () => faker.animal.petName(),
		pet: () => faker.animal.petName(),
	};

	return (name: string, at: Date): string => {
		const kind = name.replace(/2$/, "");
		const word = times[name] ?? times[kind];
		if (word) return word(at);
		const list = lists[kind];
		if (!list) throw new Error(`The seed knows no words for {${name}}.`);
		return pick(list);
	};
}

const seasonOf = (at: Date): Season => seasonNames[Math.floor(((at.getUTCMonth() + 1) % 12) / 3)] ?? "winter";
