import { lines } from "./lines";

/**
 * What people write about. `[a|b]` is one of both, `{dish}` a word of that kind (see words.ts): the same one throughout a
 * post and the comments on it, so that they talk of the same thing.
 */
export type Topic = {
	/** For bios: "Bakes." */
	hobby: string;
	tags: string[];
	emoji: string[];
	titles: string[];
	/** What a post begins with. */
	say: string[];
	/** What may follow anything of `say`. */
	more: string[];
	/** Questions, each with its answers. */
	ask: Record<string, string[]>;
	/** Comments. After `=>` is what the author of the post answers. */
	replies: string[];
	/** Only for those who have a pet. */
	needsPet?: true;
};

const topic = (
	hobby: string,
	tags: string,
	emoji: string,
	{ titles, say, more, ask, replies }: Record<"titles" | "say" | "more" | "replies", string> & { ask: string },
): Topic => ({
	hobby,
	tags: tags.split(" "),
	emoji: emoji.split(" "),
	titles: lines(titles),
	say: lines(say),
	more: lines(more),
	ask: questions(ask),
	replies: lines(replies),
});

/** A line is a question; those with a dash below it are its answers. */
function questions(text: string): Record<string, string[]> {
	const found: Record<string, string[]> = {};
	let answers: string[] = [];
	for (const line of lines(text)) {
		if (line.startsWith("- ")) answers.push(line.slice(2));
		else {
			answers = [];
			found[line] = answers;
		}
	}
	return found;
}

export const topics = {
	cooking: topic("[cooks|cooks for too many people|eats well]", "cooking dinner homemade foodie", "🍲 🍝 🥘 😋 🌶️ 🍳", {
		titles: `
			{Dish}, second attempt
			{Dish} the slow way
			What I learned from [ruining|cooking] {dish}
			A [simple|cheap|lazy] dinner: {dish}
			Things to do with too many {veg}
		`,
		say: `
			Made {dish} {today}, and [for once|somehow] it [looks|came out] like the picture.
			{Dish} {today}. [Nobody spoke for ten minutes.|Not a crumb left.|The pan was empty before I sat down.|I regret nothing.]
			My {relative} came for dinner, so I cooked {dish}. [They asked for the recipe.|They asked for seconds, then for thirds.|They brought pizza, just in case.]
			I put {spice} in the {dish} {today}. [Why did nobody tell me?|I will never go back.|That was a mistake.|Far too much of it.]
			Tried to make {dish} without a recipe. [It is now soup.|The dog next door liked it.|Surprisingly good!|We had bread and cheese.]
			There were {n} {veg}[ left|] in the fridge, so {dish} it was.
			First time that I made {dish} [all by myself|from scratch]. It took {n} hours and every pot I own.
			The market had {veg} for almost nothing {today}. Guess what we will eat until {weekday}.
			[Unpopular opinion|Hill I will die on]: {dish} is better [cold|the next day|with {spice}|without {ingredient}].
			I have been making {dish} wrong [for {n} years|all my life]. You have to [toast the {spice} first|let it rest|salt it early|use twice the {ingredient}].
			[Leftover|Reheated] {dish} for breakfast, and I am not sorry.
			Our {neighbour} gave us a jar of homemade {fruit} {preserve}. I have eaten half of it with a spoon.
			The recipe said {ingredient}. I had {ingredient2}. [Close enough.|Not close enough.|Nobody noticed.]
			[Batch cooking|Cooking for the week]: {n} boxes of {dish} in the freezer. Future me says thanks.
			Ate {dish} at the little place near the {place} {yesterday}, and I have to find out how they do it.
			Burnt the {dish}. The smoke alarm works, by the way.
			{Dish} for {n} people on two hobs. [Never again.|It can be done!|I need a bigger kitchen.]
		`,
		more: `
			The secret is [patience|butter|a very hot pan|more {spice} than you think|to stop stirring].
			I used {ingredient} instead of {ingredient2} and it [worked|was fine|was better].
			Next time with [more {spice}|less salt|{veg}|twice the garlic].
			The kitchen looks like [a battlefield|after a flood|nobody should see it].
			It smells of {spice} in the whole [house|flat|staircase].
			My {relative} would do it differently, but my {relative} is not here.
			Served with {veg} and [bread|rice|a glass of red|a lot of pride].
			Total cost: about {n} euros[ for four people|, and my pride|].
			[Recipe on request.|I can post the recipe if somebody wants it.|There is no recipe, I just kept tasting.]
			The {veg} came from the garden[, finally|, at last|].
			We ate on the balcony, with blankets.
			And now somebody has to do the dishes.
		`,
		ask: `
			What do you do with too many {veg}?
			- Soup. It is always soup.
			- Roast with {spice}, and eat with your hands.
			- Pickle it! Vinegar, sugar, salt, done.
			- Leave it on the {neighbour}'s doorstep and run.
			- I make {dish2} and freeze it.
			- Chutney. You will have presents for everybody until spring.
			Which dish do you make when [nothing is in the house|you are too tired to cook]?
			- {Dish2}. Takes ten minutes.
			- Pasta with butter and {spice}. Sorry.
			- Fried eggs on toast, every time.
			- I order {dish2} and say that I cooked.
			- Rice, soy sauce, whatever is green.
			Does anybody have a good recipe for {dish2}?
			- My {relative} makes one with {ingredient}. I will ask.
			- Yes! The trick is {spice}. I will write it down for you.
			- Only a bad one, but I am loyal to it.
			- Look for the one with {veg}, it cannot go wrong.
		`,
		replies: `
			Recipe, please! => Will post it [at the weekend|tomorrow|tonight], promised.
			Now I am hungry.
			{Dish}! I have not had that in years.
			Did you use fresh {spice}? => Dried, I admit it.
			I always add {ingredient} to mine. => Oh, that I have to try.
			Can I come over? => There is a chair for you.
			My {relative} puts {veg} into it. We do not talk about it. => I would like to meet your {relative}.
			How long did it take? => Longer than I want to say.
			This with a bit of {spice}... just saying.
			Tried it {yesterday} because of you. Worked the first time!  => That makes my day!
			Saving this for the weekend.
			I burnt mine last time, so respect.
			Does it freeze well? => It does, for a month or two.
			A photo would have been nice 😄 => It was gone before I found my phone.
		`,
	}),

	baking: topic(
		"[bakes|keeps a sourdough starter alive|bakes bread]",
		"baking sourdough bread cake",
		"🍞 🥐 🍰 🧁 🥧 👩‍🍳",
		{
			titles: `
			Notes on a [flat|dense|nearly perfect] loaf
			{Fruit} cake, the recipe of my {relative}
			Sourdough, week {n}
			My first {bake}
		`,
			say: `
			{Bake} out of the oven[ {today}|, still too hot to cut|]. [I could not wait.|Waiting is the hardest part.|The crackling!]
			The sourdough [has doubled overnight|refuses to rise|climbed out of its jar]. [I am so proud.|We are not on speaking terms.|Its name is {firstName} now.]
			Baked a {fruit} cake for my {relative}'s birthday. [It leaned a little.|Candles hide everything.|Nothing was left by four.]
			Tried {spice} in the {bake}. [Yes.|No.|Undecided, so I will have another piece.]
			I weighed everything for once, and the {bake} [worked|is perfect|still looks like a hat].
			Up at five to bake {bake} for {n} people. [Coffee, please.|Worth it.|Why did I say yes?]
			My {neighbour} [traded|swapped] {n} eggs for a loaf. This is how an economy should work.
			Forgot the salt in the bread. [Again.|It tastes of regret.|With salted butter nobody can tell.]
			{N} hours of work, {n2} minutes of {bake}. That is the whole hobby.
			New flour from the mill near {town}, and the dough feels completely different.
			The {bake} stuck to the tin, so {today} we have crumble.
			Apple, {fruit}, {spice}, butter. It does not take more to make a {weekday} good.
			Found the handwritten baking book of my {relative}. Every second page has {fruit} on it, most of it literally.
			Somebody at work brought {bake}, and now I have a rival.
		`,
			more: `
			[Forty|Fifty|Sixty] percent wholemeal, and a night in the fridge.
			The crust sings when it cools down.
			It needs ten more minutes than the recipe says, always.
			A bit more [water|salt|time|{spice}] next time.
			The children [ate the dough|helped, so it took twice as long|licked the bowl].
			Half of it is in the freezer, the other half is in me.
			The flat smells like a bakery, which is the best part.
			My oven has one hot corner, and I know it by now.
			If you weigh the water as well, it suddenly works.
			It is not pretty, but it is gone already.
		`,
			ask: `
			How do you keep bread fresh?
			- By eating it on the first day.
			- Linen bag, cut side down on the board.
			- Sliced in the freezer, straight into the toaster.
			- A clay pot from my {relative}, nothing else works.
			Butter or oil in the {bake2}?
			- Butter. Is that even a question?
			- Oil keeps it moist for longer.
			- Half and half!
			- Whatever is in the house.
			What is your starter called?
			- {FirstName}. It is {n} years old.
			- Mine died {yesterday}, please do not ask.
			- Bread Pitt, sorry.
			- We just call it the beast.
		`,
			replies: `
			That crust!
			What flour do you use? => A strong one from the mill near {town}.
			Mine never rises like that. => Give it more time and less love.
			I can smell it from here.
			How much {spice}? => Half a teaspoon. Do not overdo it.
			You should sell these. => Then I would have to get up at three!
			Would it work without eggs? => I have not tried, but tell me!
			My {relative} made exactly that. Thank you for the memory.
			One slice to {town}, please.
			I have the same tin and the same problem. => Paper. Always paper.
			Baking is just chemistry that you can eat.
			Please tell me you had it with butter. => I am not a monster 😄
		`,
		},
	),

	books: topic(
		"[reads|reads too many books at once|lives in the library]",
		"books reading amreading bookclub",
		"📚 📖 🤓 🛋️",
		{
			titles: `
			"{Book}", and what it did to me
			{N} books in {n2} weeks
			On [rereading|finally reading] "{book}"
			Our book club and "{book}"
		`,
			say: `
			Finished "{book}" {today}. [I need a moment.|What an ending.|I did not want it to stop.|And now? I feel homeless.]
			Page {page} of "{book}", and [I still do not know who is who|nothing has happened yet|I cannot put it down].
			Started "{book}" {yesterday} and read until three. [Work was fun.|No regrets.|Coffee number four.]
			Gave up on "{book}". [Life is short.|It is me, not the book.|I tried three times.]
			Found an old copy of "{book}" at the flea market, with a [letter|train ticket|pressed flower|shopping list] from {year} in it.
			My {relative} lent me "{book}" with notes in the margin. The notes are better than the book.
			Read anything by {writer} [lately|yet]? I had put it off for years. [Wrongly.|My loss.|I know, I know.]
			"{Book}" is so much [funnier|sadder|stranger|longer] than they told us at school.
			The library had "{book}" on the shelf of returned books, still warm.
			Our book club chose "{book}". [Half of us hated it, so it was a great evening.|We talked about cheese instead.|Everybody had read it, for the first time ever.]
			I bought {n} books and read none of them. It is a different hobby.
			Reading "{book}" aloud to my {relative}, a chapter every evening.
			Three chapters of {writer} on the train, and I missed my stop.
			[Hot take|Quiet confession]: I like the film of "{book}" better.
			The bookshop in {town} closes at the end of the month. I went in to say goodbye and came out with {n} books.
			{Writer} can describe a [kitchen|rainy street|breakfast] so that you want to move in.
		`,
			more: `
			The first {page} pages are slow, then it runs.
			I underlined half of it.
			There is one sentence in it that I read {n} times.
			Nobody writes [dialogue|weather|silence|families] like that.
			The translation is excellent, by the way.
			I keep thinking about the [ending|mother|dog|last chapter].
			Next on the pile: "{book2}".
			It made me miss people I have never met.
			Perfect for a rainy {weekday}.
			I will lend it to anybody who brings it back.
			It is {genre}, but not the kind you think.
			If you liked "{book2}", you will like this.
		`,
			ask: `
			What are you reading at the moment?
			- "{Book2}", for the second time.
			- Something by {writer2}. Slow, but beautiful.
			- The manual of my dishwasher. Gripping.
			- "{Book2}". Ask me again when I know how it ends.
			- {Genre}, nothing but {genre} since [spring|the summer|Christmas].
			- Three at once, and none of them properly.
			Paper or e-reader?
			- Paper. I need to see how much is left.
			- E-reader, because of my back. And holidays.
			- Audio book, while I do the dishes.
			- Paper at home, the other on the train.
			Which book do you give to people who do not read?
			- "{Book2}". Worked every time so far.
			- Anything short by {writer2}.
			- A cookbook. Start small.
			- "{Book2}", and then I never ask about it.
		`,
			replies: `
			I loved that one.
			"{Book}" has been on my pile since {year}. => Move it to the top!
			Oh, I could not finish it. => The second half is another book, honestly.
			Adding it to the list.
			Have you read "{book2}"? It goes well with it. => Not yet, but it is ordered.
			Is it sad? I can only take happy at the moment. => A bit. But in a good way.
			I read it when I was sixteen and understood nothing.
			May I borrow it? => Of course, you know where I live.
			{Writer} is wonderful, start with the early ones.
			The ending made me so angry. => Right?! We have to talk.
			I fell asleep on page {page}, but that is not the book's fault.
			My {relative} gave it to me, and I never opened it. Maybe now.
			Your posts are bad for my budget.
		`,
		},
	),

	travel: topic(
		"[travels by train|is always half packed|collects night trains]",
		"travel slowtravel trains citytrip",
		"🚆 🧳 🗺️ 🌍 ⛴️ 🏖️",
		{
			titles: `
			{N} days in {city}
			By {vehicle} to {city}
			{City} in the rain
			What I would do differently in {city}
		`,
			say: `
			Greetings from {city}! [It rains.|The light is unbelievable.|I have eaten {dish} three times.|My feet hurt.|I understand nobody, and it is wonderful.]
			Back from {city}. {N} days were [too short|exactly right|enough for my knees].
			Booked the {vehicle} to {city}[ for next month|, at last|, one way|]. [No plan.|I have {n} days and no plan.|Excited!]
			Missed the {vehicle} to {city} by a minute. [Found a café with excellent {bake}, so all is well.|The next one goes tomorrow.|Met the nicest people on the platform.]
			In {city} they put {ingredient} on everything, and I am converted.
			The {vehicle} from {city} to {city2} takes {n} hours, and every minute is [beautiful|worth it|full of sheep].
			Lost my [hat|wallet|phone charger|favourite scarf] in {city}. [A stranger ran after me with it!|If you find it, keep it warm.|A reason to go back.]
			Slept in a [lighthouse|former post office|tent|monastery|tiny boat] near {city}. [Not much sleep, to be fair.|Best night of the year.|Cold feet, warm heart.]
			{City} on a {weekday} morning: empty streets, one open bakery, church bells.
			I have walked {page} kilometres through {city} and seen one museum. From the outside.
			Learned to say thank you in {language}. I now say it to everybody, including doors.
			{City} or {city2} in spring? [My {relative} says the first|The guide book says both|I cannot decide].
			An old man in {city} drew me a map on a napkin. [It was wrong, and it was the best day.|I still have it.|I framed it.]
			Packing for {city}. {N} books, two shirts.
			Home again. The cat of the {neighbour} pretended not to know me.
			Took the wrong bus in {city} and ended up [at the sea|at a wedding|in the best restaurant of the trip].
		`,
			more: `
			Everybody was so [kind|patient|helpful] with my {language}.
			Everything closes at {n}, so eat early.
			I would go back tomorrow.
			The coffee alone is worth the journey.
			Bring good shoes, there are stairs everywhere.
			We took the slow train, on purpose.
			It is cheaper than I thought.
			I have {page} photos and they are all of doors.
			The hostel had a cat called {petName}.
			Next time I stay longer.
			Somebody in the compartment shared {dish} with us.
			No flights this year, and I do not miss them.
		`,
			ask: `
			Where should I go in {city2}?
			- The market hall, early, before the groups come.
			- Just walk along the water until you are hungry.
			- Take the tram to the last stop. Trust me.
			- My {relative} lives there! I will ask for a list.
			- Up the hill behind the station, for the sunset.
			Window or aisle?
			- Window, always.
			- Aisle. My knees have opinions.
			- The restaurant car.
			- Whichever is next to the quiet person.
			What do you never travel without?
			- A spoon. You would be surprised.
			- Ear plugs and a book.
			- A photo of my cat.
			- Tea bags. {Country} does not understand tea.
			- An extra bag, folded up, for all that I should not buy.
		`,
			replies: `
			{City}! I was there in {year}, I still dream of it.
			Enjoy every minute!
			How long was the journey? => About {n} hours, but with a view.
			Did you try the {dish}? => Twice!
			I am so jealous.
			Where did you stay? => A little place behind the station, I will send you the name.
			Say hello to the sea for me. => Done. It says hello back.
			We got engaged there. Have a good time! => How lovely!
			Is it doable with children? => Absolutely, they would love the ferry.
			I lived in {city} for {n} years. Ask me anything! => Careful, I will.
			Send a postcard. => Already in the post.
			You are always somewhere nice.
			I got lost there as well, everybody does.
		`,
		},
	),

	garden: topic(
		"[gardens|grows too many tomatoes|has an allotment]",
		"garden allotment growyourown",
		"🌱 🌻 🍅 🥕 🐝 🌿",
		{
			titles: `
			The garden in {month}
			{Veg}, from seed to plate
			Lessons from a year with {veg}
			War and peace with slugs
		`,
			say: `
			{GardenNews}
			{GardenNews}
			{GardenNews}
			{GardenNews}
			The {flower} by the gate [is doing its own thing|has company|needs another place]. [I let it.|So do I.|We shall see.]
			My {neighbour} [looked over the fence|gave me cuttings|asked what I do all day out there] {today}. [We talked for an hour.|I said: listening to the compost.|A good {weekday}.]
			Repaired the [fence|greenhouse|water butt|shed door] {today} with [wire|{n} screws|an old belt|hope].
			Bought {n} packets of seeds. I have room for two.
			A hedgehog lives under the {hideout}. [Its name is {petName}.|We put out water.|I am not allowed to tidy up there any more.]
			The compost is [steaming|finally working|full of worms]. [Happiness is simple.|You cannot imagine my joy.|Nobody at home shares my joy.]
			{N} hours in the garden. My back says no, everything else says yes.
			Somebody left a bag of {veg} at my door. [Thank you, whoever you are!|I suspect the {neighbour}.|The circle is closed: I gave away {veg} last week.]
		`,
			more: `
			No chemicals, only coffee grounds and optimism.
			The slugs got the rest.
			The bees are happy, so I am happy.
			You can have some, there is too much of it.
			I should have [watered|pruned|weeded|waited] more.
			My {relative} always said: plant {n}, harvest one.
			The soil here is clay, so everything takes longer.
			It grows best where I did not plant it.
			Dirt under the fingernails, quiet in the head.
			I write it all into a notebook and never look at it again.
			Rain would be nice. Not too much.
		`,
			ask: `
			What do you do about slugs?
			- Beer traps. And I apologise to them.
			- Ducks. The only real answer.
			- I grow enough for everybody.
			- Copper tape works for pots, nothing for the beds.
			- Out at night with a torch and a bucket.
			Does anybody want {flower2} cuttings?
			- Yes, please! I can come by on {weekday}.
			- I would trade {veg} for it.
			- My balcony is full, sadly.
			- Me! I kill everything, but I will try.
			What grows on a balcony without sun?
			- Mint. Nothing stops mint.
			- Ferns and patience.
			- Lettuce does fine with {n} hours of light.
			- Mine grows moss, I call it a garden.
		`,
			replies: `
			Mine did exactly the same this year.
			What a harvest!
			Slugs? => Legions of them.
			I gave up on {veg}, it just hates me. => Try a pot, on the south side.
			Could I have a cutting? => Sure, come by when you like.
			Your garden must be a dream. => From the right angle, yes 😄
			Try coffee grounds.
			How big is your plot? => Smaller than it sounds.
			My {relative} swears by nettle tea. => It works, but the smell!
			Lovely. Mine is all weeds and I have decided to like weeds.
			The bees thank you.
			Do you water in the evening or in the morning? => In the morning, because of the slugs.
		`,
		},
	),

	hosting: topic(
		"[self-hosts everything|runs a server in the cupboard|breaks servers for fun]",
		"selfhosting homelab linux raspberrypi backup",
		"🖥️ 🐧 💾 🔧 🤖",
		{
			titles: `
			Moving [everything|my photos|the family] to {service}
			{Service} on {machine}
			My backups, and why I sleep well
			What {n} years of self-hosting taught me
			How I lost {n} hours to a comma
		`,
			say: `
			{Service} now runs on {machine} in the [cupboard|cellar|hallway|bathroom]. [It hums.|My {relative} has not noticed.|Uptime: {n} hours.]
			Spent {today} on [a certificate|DNS|file permissions|a missing comma]. It was DNS anyway.
			Moved our photos to {service}. {Page} gigabytes, {n} hours, one broken cable.
			Tested my backup {today}, for real. [It works!|It did not contain what I thought.|{N} minutes to get everything back.]
			The server in the cupboard has been up for {page} days. [I dare not touch it.|Now I have to update it.|It has outlived my office plant.]
			I got {service} down to {page} MB of memory on {machine}. [Nobody here cares, so I tell you.|Small things.|It can be done.]
			Replaced {n} cloud subscriptions with {machine} and a weekend of swearing.
			A power cut {yesterday}: everything came back by itself except [the router|{service}|me].
			My {relative} uses {service} now and does not even know that it is ours. The highest praise.
			Note to self: [read the release notes|do not update on a {weekday}|label the cables|the cron job runs in UTC].
			Updated {service} without reading the changelog. [See you at the weekend.|It went fine, I am suspicious.|Pray for me.]
			SQLite is enough. For nearly everything. I will [print it on a shirt|not discuss it|say it again next month].
			The fan of {machine} died. Turns out it is happier with a [chopstick|coaster|kitchen scale] under it.
			[Deleted|Dropped] the wrong [folder|table|volume] {today}. Restored it in {n} minutes. Backups, people!
			Wrote {n} lines of shell to save ten seconds a week. Worth every one of them.
			Moved {service} out of containers to a plain systemd unit. [Simpler.|I can read my logs again.|Fight me.]
		`,
			more: `
			It draws {n} watts[, measured|].
			Total cost: {page} euros and one weekend.
			The documentation is [excellent|a riddle|one forum post from {year}].
			Nightly backup to a disk at my {relative}'s place.
			Everything is in one file, which I can copy. I love it.
			No containers, just a binary and a unit file.
			Monitoring is my {relative} calling.
			I wrote it down this time, in a text file, like a grown-up.
			Next: [IPv6|a bigger disk|monitoring|the printer].
			If it breaks, at least I know whom to blame.
			It was easier than I feared.
		`,
			ask: `
			What do you use for backups?
			- restic to a disk at my {relative}'s place.
			- Two disks, one at work, swapped on {weekday}s.
			- rsync and prayer.
			- Litestream for the database, the rest once a night.
			- I am still deciding. Since {year}.
			Does {service2} run well on {machine2}?
			- Very. Just give it a real disk, no SD card.
			- It runs. "Well" is another word.
			- With {n} users, yes. Mine is bored.
			- I would take something with more memory.
			What was your longest uptime?
			- {Page} days, then I moved house.
			- A weekend.
			- {Page2} days on an old laptop without a screen.
			- I update, so: short and proud of it.
		`,
			replies: `
			It is always DNS.
			How much power does it draw? => About {n} watts when idle.
			Respect for testing the backup.
			Why not just a container? => Because I wanted to understand it.
			I run {service} too, on {machine2}. Never again without. => How is the memory use?
			Please write that up! => Half of it is written already.
			Does it survive a power cut? => It had to, {n} times already.
			My SD card died last month, get an SSD. => Ordered, thank you.
			And who fixes it when you are on holiday? => We do not go on holiday 😄
			Same here, and it just works.
			Uptime is a vanity metric. Says mine, which is bad.
			What do you use as a reverse proxy? => Caddy. Two lines and done.
			One file to copy is all I want from a database.
		`,
		},
	),

	music: topic(
		"[plays the {instrument}|plays the {instrument}, badly|goes to small concerts]",
		"music nowplaying livemusic vinyl",
		"🎶 🎸 🎹 🎧 🎷 🥁",
		{
			titles: `
			{N} songs for a rainy {weekday}
			Learning the {instrument} at {age}
			{Artist}, live
			Why "{album}" still works
		`,
			say: `
			"{Song}" has been in my head since {weekday}. [Help.|Now it is in yours.|I only know one line of it.]
			Listening to {artist} {today}, loudly. [Sorry, neighbours.|The {neighbour} knocked, to ask what it is.|It helps.]
			Saw {artist} live {yesterday}. [I have no voice left.|My ears still ring.|I cried at the third song, there, I said it.|The best {n} euros of the year.]
			Practised the {instrument} for {n} hours. [The cat left.|Something finally clicked.|My fingers hurt.|I can now play {n2} bars.]
			Found "{album}" on vinyl for {n} euros. It has a scratch exactly in "{song}".
			My {relative} and I have the same favourite song: "{song}". We found out {today}.
			Choir rehearsal {today}: {n} altos, one tenor, no heating. [Still beautiful.|We sounded like a choir for four bars.|We need tenors!]
			I did not like {music} until I heard it [live|on good headphones|at two in the morning in a kitchen].
			My first time on a stage with the {instrument}. {N2} people, two of them family. [They clapped!|I want to do it again.|My knees played along.]
			"{Album}" from start to end, in the dark, without a phone. You should try it.
			The street musician at the {place} played "{song}" on a {instrument2}. I missed my bus and do not mind.
			Band practice {today}: we argued about a name for {n} hours and played for twenty minutes.
			Cleaning the flat to {music}. Highly recommended.
			Somebody in our house plays "{song}" on the {instrument2} every evening. Slowly getting better. I root for them.
			New strings on the {instrument}. It is a different instrument.
			The radio played {artist} and I was {age2} again.
		`,
			more: `
			The bass line alone!
			I know every word, and I am not ashamed.
			It sounds best in the kitchen.
			My teacher says: slower. My teacher is right.
			Track {n} is the one.
			You can hear the room in it.
			I should practise instead of posting.
			On repeat since {weekday}.
			Vinyl, of course, because I like to get up every twenty minutes.
			It reminds me of {town}, and of being young and broke.
			The {neighbour} hummed it in the lift, so it spreads.
		`,
			ask: `
			What did you listen to {today}?
			- {Artist2}, as always on a {weekday}.
			- "{Album2}", from start to end.
			- The washing machine. It has a good beat.
			- Only {music2}. It is that kind of day.
			- Silence. Lovely.
			Which concert will you never forget?
			- {Artist2}, in {year}, in the rain.
			- My daughter's first recital. Two minutes long.
			- {Artist2} in a tiny club, {n} people, no stage.
			- The one that was cancelled, we sang in the street.
			Is it too late to learn the {instrument2} at {age}?
			- Never! I began at {age2}.
			- My {relative} started at seventy, and plays in a band now.
			- Get a teacher, the first month is the hardest.
			- Only too late for the neighbours.
		`,
			replies: `
			Thanks, now I have it in my head too. => You are welcome 😇
			I saw them in {year}! => I envy you.
			Turn it up.
			Which instrument? => A second-hand one, older than me.
			Is there a recording? => There is, and nobody will ever hear it.
			I have no idea who that is, but I will listen to it {today}. => Start with "{song}".
			Overrated. There, I said it. => We can still be friends.
			We need a {instrument2} in our band, by the way.
			My {relative} used to sing that.
			That album got me through {year}.
			Do you take requests? => Only if I know the chords.
			Goosebumps.
			The live version is even better.
		`,
		},
	),

	running: topic(
		"[runs|runs slowly|swims in cold water|climbs]",
		"running swimming parkrun training climbing",
		"🏃 💪 🏊 🧗 🥇 😅",
		{
			titles: `
			My first {distance}
			{N} weeks of training for a {distance}
			Cold water, warm head
			The run that went wrong
		`,
			say: `
			{Distance} {today}, in [rain|sun|the dark|wind from everywhere]. [Slow, but done.|My legs are jelly.|Personal best!|I talked to {n} dogs.]
			Signed up for a {distance}. [There is no way back.|I blame my {relative}.|What have I done?]
			Did not want to run {today}. Ran. Was good. [Why do I forget this every time?|It is always like that.|Note to self.]
			Swam in the lake {today}: {n} degrees. [I screamed.|I feel like new.|Two minutes, I counted.]
			My knee is better! {Distance} without [pain|swearing|stopping].
			Overtaken by [a man of seventy|somebody with a pram|a dachshund|a school class] {today}. [Twice.|Character building.|He said hello, at least.]
			Climbed the {colour} route that has been laughing at me for {n} weeks. [Fell off at the last hold.|Finally!|My forearms are gone.]
			First training with the [team|running group|club] in {town}. [Nice people, cruel coach.|Everybody is faster than me, and nobody minds.|I will go again.]
			New shoes. {N} kilometres faster in my head.
			{N} weeks without running because of [the flu|my ankle|the weather|excuses]. {Distance} {today}, very gently.
			Yoga for the first time. I found {n} muscles that nobody told me about.
			Our team lost {n} to nil. [The cake afterwards was excellent.|We are unbeaten in singing.|The other side was twelve years old.]
			Ran along the river to the {place} before breakfast. [Mist, swans, nobody else.|Two herons watched me suffer.|This is the way.]
			Forgot to start the watch, so {today}'s {distance} does not count, apparently.
		`,
			more: `
			Slow is also a speed.
			The last kilometre is all in the head.
			{N2} minutes slower than last year, {n} times happier.
			The sunrise was for free.
			Breakfast afterwards: everything.
			My watch says I am "unproductive". My watch can walk home.
			Rest day tomorrow, on the sofa.
			The hill by the {place} will be the end of me.
			With {artist} in my ears I could run forever. Or {n} kilometres.
			Thank you to the woman who shouted "keep going!" from her window.
			I will feel the stairs tomorrow.
		`,
			ask: `
			Who runs with me on {weekday}?
			- Me! If it is slow.
			- If it is after nine, yes.
			- I can cycle beside you and shout.
			- Not this week, my knee is on strike.
			How do you get out of bed for a morning run?
			- I sleep in my running clothes. Really.
			- The dog does it for me.
			- I do not. I run at night.
			- Coffee first, thinking later.
			What do you eat before a {distance}?
			- A banana, two hours before.
			- Porridge. Nothing new on the day!
			- {Dish}, the evening before.
			- I regret it whatever it is.
		`,
			replies: `
			Well done!
			{Distance}? I get tired when I read it.
			What was your time? => Let us say: before sunset.
			Which shoes do you have? => The old ones, they know the way.
			Take care of that knee. => I will, coach.
			You are faster than you think.
			Next time I will come along! => Sunday at nine, by the bridge.
			Brrr. Not for me.
			Respect. I went to the fridge and back.
			How do you train for it? => Three times a week, mostly slow.
			Being overtaken is also a sport.
			See you at the start line! => I am the one at the back.
		`,
		},
	),

	cycling: topic(
		"[cycles everywhere|repairs bicycles|rides an old {colour} bicycle]",
		"cycling bikelife commute bicycle",
		"🚲 🚴 🛠️ ☀️",
		{
			titles: `
			{N} days by bicycle to {city}
			Repairing a bicycle from {year}
			A year without a car
		`,
			say: `
			Cycled to work {today}, {n} kilometres, [headwind both ways|one heron, no cars|faster than the bus].
			Flat tyre number {n} this month. [I can do it in ten minutes now.|Glass, again.|I have started to give them names.]
			Built a bicycle out of {n} broken ones. [It is {colour} and it squeaks.|It rides!|There are screws left over.]
			From {town} to {city} by bicycle: {n} days, {page} kilometres, {n2} ice creams.
			My {colour} bicycle was stolen {yesterday}, in front of the {place}. [If you see it, whistle.|I am more sad than angry.|It had a bell shaped like a frog.]
			The bicycle came back! [Somebody had "borrowed" it.|A {neighbour} found it behind the {place}.|People are good.]
			They painted a new bike lane by the {place}. [There is a van on it already.|It is lovely and {n} metres long.|I rode it three times, just because.]
			Moved a [sofa|fridge|tree|double bass] by cargo bike {today}. [Everybody waved.|Downhill was interesting.|My {relative} steered, I prayed.]
			New chain, new brakes. She rides like butter.
			Repair café {today}: {n} bicycles, {n2} toasters, one accordion. All of them work again.
			Rode home with no hands on the whole stretch along the river. I am {age} years old.
			Rain, wind, hail, sun. All in {n} kilometres.
			Sold the car. [We shall see.|{N} weeks ago, and I have not missed it once.|The bicycle looks relieved.]
		`,
			more: `
			The trick is to leave ten minutes earlier.
			There is no bad weather, only a bad saddle.
			Children wave at you, that is the best part.
			A good lock costs more than the bicycle, I know.
			Thank you to whoever put the pump by the {place}.
			My legs know the way by now.
			I arrived wet and happy.
			Everything squeaks, but it squeaks in tune.
			Next stop {city2}.
			Dynamo lights, mudguards, a basket: that is all I need.
		`,
			ask: `
			Which lock do you use?
			- The heaviest one they had.
			- Two different ones, so they need two tools.
			- None, it is too ugly to steal.
			- I carry it up to the flat.
			Does anybody have a {colour} mudguard left over?
			- In {colour}, no. But I have a black one.
			- I will look in the shed at the weekend.
			- The repair café has a whole box of them.
			Helmet or no helmet?
			- Helmet, since {year}. Ask my elbow.
			- Always, and I make my {relative} wear one.
			- Only on tour.
			- A warm hat. I know, I know.
		`,
			replies: `
			Good work!
			Which tyres? => The puncture-proof ones. Ha.
			I will keep my eyes open. => Thank you!
			That is my way to work too! => Then wave to me, I am the slow one.
			With panniers or with a trailer? => Panniers, and too many of them.
			Oil. More oil.
			Headwind builds character.
			Can you look at my brakes some time? => Bring it round on Saturday.
			I sold the car in {year} and never looked back.
			You inspire me. Mine has been in the cellar since spring. => Get it out, I will help!
			Squeaking means it is alive.
		`,
		},
	),

	pets: {
		...topic(
			"[serves a {animal} called {pet}|lives with {pet}, a {animal}|walks {pet}]",
			"pets {animal}sofminifeed adopted petlife",
			"🐾 🐶 🐱 ❤️ 😻 🐕",
			{
				titles: `
				A day in the life of {pet}
				{Pet} has opinions
				One year with {pet}
			`,
				say: `
				{Pet} [has slept on my keyboard|ate half of my {bake}|stared at a wall] for {n} hours {today}. [I pay the rent here.|Respect.|Nobody knows why.]
				{Pet} is {n} years old {today}! [There was cake, for the humans.|Still no manners.|Happy birthday, old friend.]
				Took {pet} to the vet {today}. [All is well!|The vet has a scratch now.|{N2} hundred grams too heavy. We do not use the word.]
				{Pet} brought me a present {today}. It was [alive|a sock of the {neighbour}|half a sausage|mine, actually].
				I came home after {n} hours and {pet} [behaved as if it had been years|did not lift the head|had reorganised the plants].
				{Pet} is afraid of [the new broom|the {neighbour}'s hat|balloons|an onion]. [Understandable.|We moved it out of sight.|I did not make that up.]
				There is a {animal} on my chair, so I stand {today}.
				{Pet} has found out how the door handle works. [We are doomed.|Privacy is over.|Nothing is safe.]
				Bought {pet} an expensive bed. {Pet} loves the box.
				Rain. {Pet} looked at me as if I had [ordered it|done that|any influence].
				The {neighbour} says {pet} visits every day at {n} for second breakfast. [I had no idea.|A double life!|That explains the weight.]
				{Pet} and I have an agreement: I get up at six, {pet} gets breakfast, and I get nothing.
				We have had {pet} for {n} years now, from the shelter. [Best decision ever.|Who rescued whom?|Adopt, people!]
			`,
				more: `
				No remorse whatsoever.
				I said no, very clearly.
				The photo is blurred because I laughed.
				And then the snoring.
				{Pet} sends regards.
				I would not change a thing. Maybe the hour.
				There is hair on everything I own.
				A {animal} makes a flat a home.
				Treats solve everything.
				That look!
			`,
				ask: `
				How do you stop a {animal} from [eating everything|waking you at five|hating the vacuum cleaner]?
				- You do not.
				- Patience, and very good treats.
				- Get a second one, then they do it together.
				- Ours grew out of it. At the age of {age2}.
				Who can look after {pet} for {n} days?
				- Me! Me! Me!
				- I could, from {weekday} on.
				- If {pet} gets along with a parrot, yes.
				- My {relative} would love to.
				What does yours do all day?
				- Sleeps, judges, sleeps.
				- Guards us from the post.
				- Works from home, on my keyboard.
				- Waits for the fridge to open.
			`,
				replies: `
				Give {pet} a kiss from me! => Done. I got a look for it.
				Who could be angry at that?
				{Pet} runs the house, admit it. => I never denied it.
				Ours does exactly the same.
				How old is {pet}? => {N}, going on one.
				Photo! Photo! => Tomorrow, {pet} is asleep on the camera.
				What a character.
				Poor thing! All the best for {pet}. => Thank you, it is better already.
				I need a {animal}.
				Mine would never. Mine is a saint. (He is not.)
				{Pet} for president.
				The box always wins.
			`,
			},
		),
		needsPet: true,
	},

	weather: topic("[watches clouds|talks about the weather]", "weather sky sunset seasons", "☀️ 🌧️ ❄️ 🌈 ⛅ 🌬️", {
		titles: `
			{Month} in {town}
			A sky like that
		`,
		say: `
			{Weather} [in|here in] {town} {today}. [I am not complaining.|I am complaining a little.|More of this, please.|Enough now.]
			{Weather}, and [it suits me|everybody on the bus smiles|nobody wants to work|my laundry is outside].
			{Weather} {today}. My {relative} called to ask whether we have it as well. [We do.|We have worse.|We had it first.]
			The sky over {town} {today}: [pink, then orange, then gone|like a painting that is too much|{colour}, I have no other word].
			Forecast: sun. Reality: {weather}.
			{Weather} since {weekday}. [I have read {n} books.|The {neighbour} builds an ark.|I could get used to it.]
			[Opened|Closed] the window {today} and it smelled of {season}.
			The first real {season} day in {town}. [You can smell it.|Everybody is outside.|I found my {season} jacket, with {n} euros in it.]
			{Weather} in the morning, sun at noon, {weather2} in the evening. {Month}, what are you doing?
			A rainbow over the {place}, and {n} strangers who stopped to look at it together.
			Full moon over {town}. [I cannot sleep, so I bake.|The {neighbour}'s dog sings.|Look out of the window!]
		`,
		more: `
			Tea and a blanket, then.
			My bicycle and I are not amused.
			Look up from time to time!
			The light at {n} in the evening is the best of the year.
			The plants are glad, at least.
			I left the umbrella on the train, of course.
			They say it will change by {weekday}.
			You cannot do anything about it, that is what I like about weather.
			The ducks did not mind.
			It is the only thing that we all have in common.
		`,
		ask: `
			How is the weather where you are?
			- {Weather2}. I have given up.
			- Glorious! Do not tell anybody.
			- {Weather2} in {town}, since {weekday}.
			- I do not know, I have not opened the curtains.
			- Better than yesterday, worse than tomorrow.
			Which season is yours?
			- Autumn. Soup and boots.
			- Summer, on the balcony, until midnight.
			- The first week of spring, when everybody is in love with everything.
			- Winter. I like it dark and quiet.
		`,
		replies: `
			Same in {town}.
			Send some of it over here! => On its way.
			I saw it too! Beautiful.
			It is the other way round where I live.
			We need the rain, though. => The garden says thanks.
			Typical {month}.
			Tea helps. => Third cup already.
			I got completely soaked. => Me too, down to the socks.
			Enjoy it while it lasts.
			Did you take a picture? => I just looked, for once.
			My knee knew it {yesterday}.
		`,
	}),

	work: topic(
		"[works at {workplace}|teaches|nurses|drives a bus|works too much]",
		"work office mondaymood smallwins",
		"💼 ☕ 📈 😴 🎉 🙃",
		{
			titles: `
			{N} things I learned in {n2} years at {workplace}
			On meetings
			My last day at {workplace}
		`,
			say: `
			Four meetings {today}, and all of them [could have been an e-mail|were about the next meeting|began with "can you hear me?"].
			First day at {workplace}! [Everybody is kind, I remember {n} names.|I got lost twice.|The coffee is good, I will stay.]
			Somebody at {workplace} has labelled [the spoons|every plant|the good scissors]. [It is war.|I like them already.|It was me.]
			Finished the big thing {today}, after {n} months. [I do not know what to do with my hands.|Cake tomorrow.|Nobody noticed, so I tell you.]
			My boss said "great work" {today} and [I do not know how to go on|I checked twice whether it was for me|I have told everybody].
			A customer {today}: "{quote}" [I smiled.|I will think of it for years.|I have no words.]
			The printer at {workplace} [works|is on fire, metaphorically|has been replaced by a worse one].
			Day off. [I ironed.|I looked at the river for an hour.|I slept until {n}.|I answered only {n} mails.]
			Holiday begins in {n} hours. Out-of-office is written. It is a bit too cheerful.
			A child in my class asked {today}: "{childQuote}" [I have no answer.|I promised to find out.|Best question of the year.]
			Night shift at {workplace}. The corridor, the vending machine and I.
			I said no to a meeting {today}. Nothing happened. [Try it.|Power!|I am still shaking.]
			Learned more from the caretaker at {workplace} in ten minutes than in {n} workshops.
			{N} years at {workplace} {today}. They gave me a [mug|pot plant|voucher for a tool shop]. [I am moved.|I have {n2} of them now.|It is {colour}.]
			The new colleague eats {veg} at the desk like apples. I have so many questions.
		`,
			more: `
			Is it {weekday} yet?
			But the people are lovely, and that is what counts.
			I made tea and pretended that it was a plan.
			We laughed until it hurt.
			The plant on my desk has more leaves than I have ideas.
			Early evening, then bed.
			I get paid for this, sometimes I cannot believe it.
			Lunch was {dish}, the high point.
			Write things down, everybody. Write things down.
			Tomorrow is another spreadsheet.
		`,
			ask: `
			What was your first job?
			- Newspapers, at five in the morning, {n} years long.
			- Ice cream. I still cannot eat {fruit}.
			- I fed rabbits for a {neighbour}. Well paid!
			- {Workplace}, in the cellar, sorting things.
			- Summer in a jam factory. I smelled of {fruit} until {month}.
			How do you stop working when you work at home?
			- Shoes. I wear shoes to work, and take them off.
			- A walk around the block, as if I came home.
			- The dog decides.
			- Badly.
			What do you eat for lunch at work?
			- {Dish}, from {yesterday}.
			- Bread, cheese, an apple, since {year}.
			- Whatever the canteen calls {dish}.
			- I forget, and then I eat biscuits.
		`,
			replies: `
			Congratulations!
			I feel this.
			Ours is exactly the same. Do we work together? => Blink twice if you sit by the window.
			Take care of yourself.
			Was it the printer again? => It is always the printer.
			You have earned it! => Thank you, that helps.
			Do they have a vacancy? => Send me your CV, seriously.
			Write a book about it. => Nobody would believe it.
			Hang in there, it is nearly {weekday}.
			I would have laughed.
			No is a full sentence.
			What does one even say to that? => I said "thank you" and left.
		`,
		},
	),

	films: topic(
		"[watches films in the original|goes to the cinema on Mondays|plays board games]",
		"film cinema boardgames movienight",
		"🎬 🍿 🎲 🎥",
		{
			titles: `
			Game night, round {n}
			A film that I did not expect
			{N} evenings, {n2} films
		`,
			say: `
			Open-air cinema {yesterday}. [It rained in the film and in real life.|{N} blankets, two films, one hedgehog.|The projector gave up in the last scene!]
			Game night {today}: {game}. [I lost with dignity.|I won, and nobody speaks to me.|We needed {n} hours for the rules.|My {relative} cheats, I have proof.]
			Watched an old {filmKind} from {year} {today}. [Nothing happens in it and I was spellbound.|The hats!|They do not talk like that any more.]
			Bought {game} second-hand. One piece is missing, so now a [button|bean|Lego hat] plays along.
			The little cinema by the {place} shows {filmKind}s every {weekday}. [We were {n} in the audience.|Keep it alive, go there!|The popcorn is terrible, I love it.]
			My {relative} explained the whole film while we watched it. Wrongly.
			Fell asleep in a {filmKind} again. [Woke up at the happy end, so it was short.|Excellent nap.|What happened?]
			We have played {game} every {weekday} for {n} years. The score is {page} to {page2}. Not that I count.
			Watched the first {n} minutes of {n2} films {today} and none of them to the end.
			A {filmKind}, a blanket, {dish}. That is the whole plan.
			Taught my {relative} {game} {today}. [I have created a monster.|Lost twice.|We had to order food at midnight.]
			Cried at a {filmKind}. On the train. With {n} witnesses.
		`,
			more: `
			The music alone is worth it.
			Do not read about it before.
			With subtitles, please.
			It is short, which I have come to respect.
			We are {n} players, we could use one more.
			Snacks: {fruit}, crisps, things with cheese.
			I would watch it again tomorrow.
			The rule book is a work of fiction.
			Best evening in weeks.
			Nobody looked at a phone for {n} hours.
		`,
			ask: `
			Which film can you watch again and again?
			- Anything with trains.
			- The one with the pig. You know it.
			- {FilmKind}s from the seventies, all of them.
			- None, I am a one-time person.
			- My {relative}'s wedding video.
			Does anybody want to play {game2} on {weekday}?
			- Yes! I will bring {bake}.
			- If somebody explains the rules, slowly.
			- I am in.
			- Only if we do not play until three again.
			Cinema or sofa?
			- Cinema. Strangers laughing together!
			- Sofa, because of the pause button.
			- Sofa with you, cinema with my {relative}.
			- Cinema, but in the last row, by the door.
		`,
			replies: `
			I love that one!
			{Game} has ended friendships in our house.
			Was it scary? => Only the prices of the snacks.
			Can I join next time? => Yes! Bring something with cheese.
			No spoilers, please! => My lips are sealed.
			My {relative} owns {n} games and we always play the same one.
			I fell asleep in it too. => Then it is officially a sleeping film.
			Who won? => We do not talk about it.
			Is it on anywhere? => Only in the little cinema, sorry.
			The book is better. Sorry, somebody had to. => I was waiting for you 😄
			Put me down for the next round.
		`,
		},
	),

	nature: topic(
		"[watches birds|walks in the woods|counts bumblebees]",
		"nature birds birding outdoors hiking",
		"🐦 🌲 🦉 🦋 🏞️ 🍄",
		{
			titles: `
			{N} hours in the woods
			A {bird} in {town}
			What I saw on the way to work
		`,
			say: `
			A {bird} on the balcony {today}! [It stayed for {n} minutes.|I did not dare to breathe.|It ate my {fruit} and left.]
			Walked {n} hours through the woods behind {town}. [Met nobody.|Met {n2} mushroom pickers, all of them secretive.|I needed that.]
			Saw a {bird} at the lake {yesterday}, I am almost sure. [The experts are discussing.|No photo, you have to believe me.|New one on my list!]
			There is a fox that crosses our street every night at {n}. [It looks left and right.|We know each other by now.|The cats pretend not to see it.]
			Put up {n} nest boxes. [{N2} are taken.|Nobody has moved in yet.|A bumblebee has claimed the best one.]
			{N} deer in the mist this morning, not twenty metres away.
			The swifts [are back|have left|scream around the church tower]. [It feels like a holiday.|I always look up too late.|The year turns.]
			Collected {n} bags of rubbish along the river {today} with my {relative}. Also found: [a shoe|a trombone case|one swan, alive|a message in a bottle].
			I can tell {n} birds by their song now. The app says {n2}. The app is optimistic.
			Sat on a bench by the {place} for an hour and did nothing. A {bird} came and did nothing beside me.
			The moss! Have you ever looked at moss? I mean, really looked?
			A spider has built a web across my bicycle. We now take the bus.
			Hiked up to the hut above {town}, {page} metres of altitude, {n} plasters.
		`,
			more: `
			The silence afterwards is what I went for.
			Bring binoculars, and tea.
			You only need to sit still long enough.
			My boots are full of water, my head is empty. Perfect.
			I wrote it down, with date and hour, like my {relative} used to.
			Nobody believes me.
			It is half an hour by bus, and free.
			Leave only footprints, please.
			The dog saw nothing, as usual.
			I could have stayed until dark.
		`,
			ask: `
			Which bird is singing at four in the morning?
			- A blackbird. With a microphone.
			- If it sounds like a squeaky gate: a great tit.
			- Robin! They sing under street lamps.
			- Mine is a {bird2}, I checked.
			Where is the nicest walk around {town}?
			- Along the river to the old mill, and cake there.
			- Up to the tower, early, when there is mist.
			- I will not tell, it is empty and should stay so.
			- The loop behind the {place}, about {n} kilometres.
			Has anybody seen swallows yet?
			- Two, above the {place}.
			- Not one, I am worried.
			- Plenty at my {relative}'s farm!
		`,
			replies: `
			Oh, how lovely!
			A {bird}? Are you sure? => Ninety percent. Eighty.
			I have never seen one. => Come along on Sunday!
			Where was that? => Behind the old mill, on the left.
			I hear it too, every morning.
			We had one in the kitchen once. It was a busy day. => I want to hear that story.
			Did you find mushrooms? => Yes, and I will not say where.
			Thank you for picking up the rubbish. => It was a nice morning, honestly.
			That sounds like a perfect day.
			Moss is underrated.
			Report it to the local bird people! => Done, they were very excited.
		`,
		},
	),

	making: topic(
		"[knits|makes things out of wood|mends things|sews]",
		"handmade knitting woodworking mending diy",
		"🧶 🪡 🪚 🎨 ✂️ 🪵",
		{
			titles: `
			A [chair|shelf|table], mostly straight
			{Garment} number {n}
			Mending instead of buying
		`,
			say: `
			Finished the {colour} {garment}! [One sleeve is longer, so is my patience.|It even fits.|It took {n} months and {n2} films.]
			Knitted {n} rows, unravelled {n2}. [That is the whole evening.|It is called progress.|I know where the mistake is now.]
			Built a [shelf|bench|bird house|bedside table] {today}. [It stands!|It leans a little, like all of us.|There were no screws left over, which worries me.]
			Mended my {relative}'s {garment} {today}, with {colour} thread, so that one can see it.
			The sewing machine of my {relative} still runs, after {age} years and with a drop of oil.
			Cut a board twice and it is still too short.
			Learned to [darn|weld|throw a pot|make paper|sharpen a plane] {today}. [I want to do nothing else.|My hands are {colour}.|Everything I own will be next.]
			I bought wool again. I had a plan. The plan was wool.
			Painted the kitchen {colour}. [It looked different in the shop.|I love it.|My {relative} is "getting used to it".]
			{N} splinters, one stool.
			The {neighbour}'s chair is repaired. Payment: one jar of {fruit} {preserve}. I am rich.
			Made a {garment} for {pet2}. [It was worn for {n} seconds.|There is no thanks in this world.|Hilarious, though.]
			An afternoon in the workshop without a phone. Only the radio and {artist}.
		`,
			more: `
			Handmade means: with mistakes.
			I would do it again, but slower.
			The wool is from sheep near {town}.
			Total cost {n} euros, plus {page} euros for tools.
			Measure twice, swear once.
			It is not perfect, it is mine.
			Glue is drying, so I have time to post.
			The pattern is free, ask me.
			My {relative} wants one too, now.
			I have no idea where to put it.
		`,
			ask: `
			What are you making at the moment?
			- A {colour2} {garment}. Since {month}.
			- A mess, mostly.
			- A table out of old doors!
			- Nothing, I only watch videos of others.
			- Socks. There are never enough socks.
			How do I get paint off [wood|a jumper|a dog]?
			- Warm water, soap, regret.
			- Paint the rest in the same colour.
			- Oil, gently, with a cloth.
			- You do not. It is part of the story now.
			Does somebody have a [lathe|big loom|clamp of two metres] that I could use?
			- The workshop behind the {place} has one, on {weekday}s.
			- My {relative} does, I will ask.
			- Come over, bring {bake}.
		`,
			replies: `
			Beautiful!
			I wish I had your patience. => It is not patience, it is stubbornness.
			Is there a pattern? => Yes, I will send you the link.
			{Colour} is exactly my colour.
			How many hours? => I stopped counting in {month}.
			What wood is it? => Ash, from an old bed.
			Crooked things are cosier.
			Can you teach me? => With pleasure. Come on {weekday}!
			My {relative} threw hers away, I could cry.
			You should sell them at the market. => Then I would have to finish them on time.
			No screws left over? Very suspicious.
		`,
		},
	),

	life: topic(
		"[drinks too much coffee|has two children and no time|new in {town}]",
		"everyday smallthings goodmorning neighbours",
		"☕ 🙂 🏡 🥰 😂 🎈",
		{
			titles: `
			Small things
			Moving to {town}
			A letter to whoever [parked|sang|laughed] outside {yesterday}
			{N} good things about {today}
		`,
			say: `
			Good morning, {town}! [Coffee first.|The kettle is on.|Who is awake?|I have {n} things to do and will do two.]
			My {neighbour} [sang in the staircase|brought {bake}|borrowed a ladder and returned two] {today}. [I like it here.|Long may it last.|Cities are villages.]
			Moved to {town} {n} weeks ago, and {today} somebody greeted me by name. [I live here now.|It was the baker.|I could have hugged them.]
			I found a note in a library book: "{quote}" [I put it back, for the next one.|I have been thinking about it since.|Whoever you are: thank you.]
			My {relative} [called|wrote me a real letter|turned {age3}] {today}. [Call yours!|We laughed for an hour.|I keep it in the kitchen drawer.]
			My {relative} asked me {today} what the internet is like. I said: like the market, but everybody shouts. Not here, though.
			Cleaned the cellar {today}. Found: [my school reports|{n} tents|a box labelled "box"|the other glove].
			There is a new bakery by the {place}. [I went in "only to look".|The {bake}! The {bake}!|I have been there {n} times since {weekday}.]
			The lift is broken. I know all my neighbours now.
			My daughter, {n}, {today}: "{childQuote}" [I wrote it down.|Nothing to add.|I have no counterargument.]
			Learning {language}. I can now order {dish} and apologise. It is enough for a weekend.
			I am {age} and {today} I [slid down a playground slide|climbed a tree|bought a kite|asked for help]. [Recommended.|It was easy.|My back knows.]
			Waited {n} hours at the town hall for a stamp. [The woman next to me taught me to knit.|Read a whole {genre} book.|It was the wrong stamp.]
			Flea market {today}: came for a lamp, left with [a tuba|{n} plates|a painting of a {animal2}|a friend].
			I just wanted to say that I like this place. [No ads, no noise.|Just people.|That is all.]
			Somebody [returned my wallet|held the train for me|paid for my coffee] {today}, and I did not even catch the name.
			It is {n} at night, the {neighbour}'s baby is awake, so am I. [Solidarity.|We will be tired together.|Nice moon, though.]
			No plans {today}. [It is going very well.|Ahead of schedule.|I recommend it.]
		`,
			more: `
			That was my {thisDay}.
			How is yours?
			It is the small things.
			I made {dish} to celebrate.
			More of that, please.
			I am not crying, it is the onions.
			Coffee number {n}.
			I keep the rest for tomorrow.
			Be kind to each other.
			I had to tell somebody.
			Anyway.
			And then it rained.
		`,
			ask: `
			What made you smile {today}?
			- A dog in a {garment} on the tram.
			- My {relative}, who called for no reason.
			- A child who counted the stairs wrong, {n} times.
			- {Bake} for breakfast.
			- This question, to be honest.
			- The sun on the kitchen table.
			Tea or coffee?
			- Tea. With milk. I will not be judged.
			- Coffee, and then coffee.
			- Coffee until noon, tea until bed.
			- Hot chocolate! I am an adult, I may.
			What is the best thing about where you live?
			- That I can walk to everything.
			- The river. And the {bake} by the {place}.
			- My neighbours, even the one with the drums.
			- The silence after ten.
			- {Town} has the friendliest bus drivers, I swear.
			Early bird or night owl?
			- Owl. With children of the other kind.
			- Bird, since I have a {animal2}.
			- Neither. A permanently exhausted pigeon.
			- Up at five, useless at nine.
			Who is new here? Say hello!
			- Hello from {town}! I came for the quiet.
			- New since {weekday}. I like it already.
			- Hi! A friend told me about this place.
			- Not new, but hello anyway 👋
		`,
			replies: `
			This made my day.
			Good morning! => Good morning, {to}!
			I know that feeling.
			People are good, mostly.
			Hugs! => Needed that, thank you.
			Haha, wonderful.
			Say hello to your {relative} from me. => I will!
			That is so typical.
			Children know everything. => And say it on the bus, loudly.
			More coffee? => Always.
			I had exactly the same {yesterday}.
			Thank you for this.
			Welcome! => Thank you, everybody is so kind here.
			Best post of the {thisDay}.
		`,
		},
	),
} satisfies Record<string, Topic>;

/** Comments that fit anything. */
export const remarks = lines(`
	Love this.
	Ha!
	So true.
	This.
	Same here.
	Thank you for sharing!
	Wonderful.
	Well said.
	I had to laugh out loud.
	❤️
	😂
	👏👏👏
	Oh no!
	Really? => Really.
	Tell us more! => One day, with a drink in my hand.
	You always find the best things.
	Great, {name}!
	Hear, hear.
	I could have written that.
	Typical {name} 😄 => I take that as a compliment.
	Is it still going on? => For now, yes.
	Made me smile, thanks. => Then it was worth posting.
	Exactly what I needed today.
	Keep us posted! => Will do.
	+1
	Interesting, I see it the other way round. => Tell me why!
	How did it end? => Well, in a way. Ask me when we meet.
	Good on you, {name}.
	I will remember that.
	We should talk about this over a coffee. => Name the day!
`);

/** What may follow any comment. */
export const additions = lines(`
	Greetings from {town}!
	I told my {relative} about it.
	You never disappoint, {name}.
	[Have a good {thisDay}!|Happy {thisDay}!]
	We should talk about this over a [coffee|beer|slice of {bake}].
	My {relative} says hello.
	[Write more of this!|More of this, please.]
	I read it {n} times.
	I read it aloud to my {relative}.
	That is [exactly|just|so] what I needed after this {thisDay}.
	At {workplace} everybody [laughs|nods|agrees].
	I thought I was the only one.
	It has been a long {thisDay} here.
	[Take care!|All the best!|Good night from {town}.]
	And I say that as somebody who [plays the {instrument2}|never cooks|lives in {town}|works at {workplace}].
`);

/** What people say to a question when they have no answer. */
export const wonders = lines(`
	Good question!
	I would like to know as well.
	Here for the answers.
	{Name} asks the [important|big|right] questions. => Somebody has to!
	My {relative} would know. => Please ask!
	I have been wondering about that since {weekday}.
	Ask me again in {month}.
	It depends. => On what?
	[Hm.|Hmm.] I have to think about that.
	We had that discussion at {workplace}. {N} people, {n2} opinions.
	In {town} everybody would say something else.
`);

/** What may follow a question. */
export const asides = lines(`
	Asking for a friend.
	My {relative} and I disagree.
	Wrong answers are welcome.
	Serious question.
	We had {n} opinions at dinner and no result.
	It came up at {workplace} {today}.
	I will collect the answers.
	{Town} wants to know.
	I asked at {workplace} and got {n} answers.
	I lie awake over it. Not really. A bit.
	My {relative} will not let it rest.
	Go!
	I have asked before, but that was in {month2}.
	[Curious|Honestly curious] what you say.
`);

/** How a post may begin. */
export const openers = lines(`
	Small win:
	{ThisDay} report:
	Breaking news:
	Dear diary:
	Not that anybody asked:
	Quick one from {town}:
	In other news:
	Well.
	Okay.
	Hello everybody!
	Good {thisDay} to you.
	From the life of somebody who works at {workplace}:
	A short break from {game}:
	[Confession|True story|Status]:
`);

/** What leads to something else within a longer post. */
export const bridges = lines(`
	In other news:
	Also:
	And because somebody asked:
	Apart from that:
	What else?
	Earlier in the week:
	Before I forget:
	The other thing is:
`);

/** What the author of a post says to somebody who commented on it. */
export const thanks = lines(`
	Thanks, {to}!
	Thank you, {to} 😊
	Thanks! [That means a lot.|You are kind.|Say hello to {town}.]
	Ha, exactly!
	@{handle} you are too kind.
	@{handle} I will think about that.
	[True!|So true!|Very true, {to}.]
	Glad that I am not the only one[, {to}|].
	@{handle} good point.
	I knew you would say that, {to}.
	😄
	@{handle} noted!
	That is a nice way to put it[, {to}|].
	I will tell you how it goes[, {to}|].
	@{handle} we should [try|do] that together some time. [{Weekday}?|In {month}?|]
	You made my [evening|day|{thisDay}], {to}.
	@{handle} my {relative} said the same!
	@{handle} [maybe|probably], but do not tell my {relative}.
	I had not thought of that. [Thanks!|Hm!|]
	@{handle} 💛
	[Come by|Drop in] when you are in {town}!
	@{handle} that goes on the list. It has {n} things on it.
	@{handle} the next one is for you.
	Yes! {To} understands.
`);

/** What others say to one who commented before them. */
export const echoes = lines(`
	@{handle} +1
	@{handle} I was about to write that.
	What {to} says.
	@{handle} really? I would never have thought so.
	@{handle} ha!
	I agree with {to}[, for once|, as always|].
	@{handle} you too? We should start a club.
	@{handle} tell me more.
	Not sure, {to}, it was different [for me|in {town}|at {workplace}].
	@{handle} 😂
	@{handle} I would like to see that.
	@{handle} my {relative} would like you.
	@{handle} that is the best thing I have read since {weekday}.
	Listen to {to}!
	@{handle} have we met? At {workplace}, in {year}?
`);

/** What somebody adds who comes back to the conversation. */
export const returns = lines(`
	@{handle} fair enough!
	@{handle} thank you, that helps.
	Haha, I will hold you to that[, {to}|].
	@{handle} deal.
	👍
	@{handle} now I am curious.
	Let me know how it goes!
	@{handle} I believe it when I see it 😄
	Perfect, thanks {to}.
	@{handle} {weekday} it is.
	@{handle} I will bring {bake}.
	[Great!|Wonderful!|Ha!] [See you {weekday}.|Until then!|]
`);

/** Comments of an author on their own post, without anybody asking. */
export const postscripts = lines(`
	PS: it worked in the end.
	Small update: all is well.
	Correction: {n}, not {n2}. I was tired.
	I forgot to say: thank you to my {relative}.
	Update: I did it again.
	PS: no, I am not going to stop.
	PS: {weekday}, not {weekday2}.
`);

/** How a post may end after it was edited. */
export const edits = lines(`
	Edit: typo, thanks.
	Edit: thank you all, I did not expect so many answers!
	(Edited: it was {weekday}, not {weekday2}.)
	Edit: solved, thank you!
	Update: it is done.
	Edit: yes, I know. I know!
`);

/** What people keep for themselves. */
export const notes = lines(`
	Note to self: [call|thank|write to] my {relative}[ on {weekday}|].
	Shopping: {veg}, {ingredient}, {spice}, {fruit}, bread.
	Idea for {weekday}: {dish}, {game}, early to bed.
	Draft. [Too long.|Not yet.|Sleep on it.] Something about {city} and {music}.
	To read: {book}. To listen: {artist}. To cook: {dish}.
	Presents: {garment} ({colour}) for my {relative}, {game} for the children.
	I [miss|should visit] my {relative}. There, I wrote it down. {Weekday}, perhaps.
	Door code of the {place}: ask the {neighbour}. [Not the old one.|Do not post this.] Keys: {weekday}.
	{City} in {month2}? {N} days, {vehicle}, about {page} euros.
	Dream {yesterday}: {animal}, {instrument}, the {place}, and my {relative} in a {garment}.
`);

/** Not everybody writes English, and not always. */
export const foreign = lines(`
	Guten Morgen aus {town}! Heute gibt es endlich wieder frische Brötchen. 🥐
	Schöne Grüße aus {city}. Das Wetter ist grässlich, das Essen großartig.
	Weiß jemand, wo man in {town} gut frühstücken kann? Grüße, {self}
	Heute {page} Seiten gelesen und sonst nichts. Genau so müssen Sonntage sein.
	Bonjour de {town} ! Il pleut, mais le café est ouvert. ☔
	Ça y est, j'ai terminé « {book} ». Quelle fin…
	¡Qué día tan bonito en {town}! ¿Quién se apunta a un paseo?
	Mañana vuelvo a {city}. ¡Por fin!
	{Town} bugün çok güzel. Çay demledim, gelen var mı? 🫖
	Dzień dobry! Dziś czytam „{book}”, strona {page}.
	God morgen fra {town}. Kaffe først, så resten.
	今日の{town}は雨です。家で{artist}を聴いています。
	Oggi ho cucinato per {age2} persone. Tanta fatica, ma che festa!
	Bom dia de {town}! Hoje ouvi {artist} o dia todo.
`);
