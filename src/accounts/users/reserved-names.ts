/** Names that could pass for the instance, collide with an address, or address all users. */
const reserved = new Set(
	`about abuse account accounts admin administrator all anonymous anybody api app auth billing blog client comment comments
	config contact deleted docs email everyone everybody explore export feed follow followers following health help here home
	hostmaster import info invite invites like likes livez login logout mail me media metrics minifeed mod moderator moderators
	news nobody none noreply null oauth official openapi owner post postmaster posts privacy public readyz register root
	search security self session sessions settings signin signout signup somebody staff static status superuser support sysadmin
	system tag tags team terms token tokens trash undefined undo uploads user username users webmaster www you`.split(
		/\s+/,
	),
);

export const isReserved = (username: string) => reserved.has(username);
