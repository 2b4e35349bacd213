BEGIN TRANSACTION;
CREATE TABLE articles (
	id TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	content_sha TEXT NOT NULL, 
	title TEXT NOT NULL, 
	body TEXT NOT NULL, 
	category TEXT, 
	published BIGINT, 
	metadata TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "articles" VALUES('a-a-balcony-can-feed-you-tomatoes-all-summer',2,'a5a415d17d6dd29a1380d29e651b43717ab2431db2834752e289fee706fd4f9d','A balcony can feed you tomatoes all summer','Choose a compact tomato variety, a deep pot and the sunniest corner of the balcony. Water in the morning, feed weekly once flowers appear, and shake the stems at midday to help the blossoms set fruit.','Home',1781503800000000,'{}');
INSERT INTO "articles" VALUES('a-a-battery-made-of-hot-bricks-powers-a-dairy',2,'97820bdda49faf7caee43d14ac684aa7f095b7d16b9d8c0820716e333edc2d0d','A battery made of hot bricks powers a dairy','Cheap night-time electricity heats a tower of bricks to 1,200 degrees, and the stored heat makes steam for a milk plant all day. The thermal battery has no moving parts except fans, and its makers expect it to last forty years.','Sci/Tech',1792162200000000,'{}');
CREATE TABLE enrichments (
	video_id TEXT NOT NULL, 
	part TEXT NOT NULL, 
	value TEXT NOT NULL, 
	made_by TEXT NOT NULL, 
	PRIMARY KEY (video_id, part), 
	FOREIGN KEY(video_id) REFERENCES videos (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "enrichments" VALUES('a-comet-has-two-tails-and-neither-points-backwards','category','Sci/Tech','given');
INSERT INTO "enrichments" VALUES('a-comet-has-two-tails-and-neither-points-backwards','summary','The blue tail is gas that has been electrically charged, and the solar wind shoves it directly away from the Sun.','extractive');
INSERT INTO "enrichments" VALUES('a-comet-has-two-tails-and-neither-points-backwards','tags','["comet", "astronomy", "solar wind", "night sky"]','given');
INSERT INTO "enrichments" VALUES('a-robin-singing-under-a-street-lamp','category','Nature','given');
INSERT INTO "enrichments" VALUES('a-robin-singing-under-a-street-lamp','summary','It''s twenty past nine in the evening, the middle of November, and I''m whispering because of him.','extractive');
INSERT INTO "enrichments" VALUES('a-robin-singing-under-a-street-lamp','tags','["birdsong", "robin", "night", "winter", "soundscape"]','given');
CREATE TABLE events (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	event_id TEXT NOT NULL, 
	user_id TEXT NOT NULL, 
	item_id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	action TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	dwell_s FLOAT, 
	request_id TEXT, 
	position INTEGER, 
	variant TEXT, 
	UNIQUE (event_id)
);
INSERT INTO "events" VALUES(653,'03e36324ed9451589193f61d41958ec4','user_15','a-the-quiet-return-of-the-one-handed-backhand','article','impression',1793432824000000,NULL,'user_15-4',1,NULL);
INSERT INTO "events" VALUES(738,'055bd0a66a55a41e6bd90b67cb42ffaf','user_15','why-chatbots-struggle-to-count-letters','video','impression',1793865882000000,NULL,'user_15-5',3,NULL);
INSERT INTO "events" VALUES(861,'050b58f446d058de9e90756368ade5cd','user_123','a-why-your-sourdough-loaf-spreads-instead-of-rising','article','impression',1794252676000000,NULL,'user_123-6',5,NULL);
INSERT INTO "events" VALUES(1084,'031409dd8b94309f51613eec792406fd','user_123','a-why-every-moon-mission-worries-about-dust','article','impression',1795201440000000,NULL,'user_123-8',1,NULL);
CREATE TABLE messages (
	seq INTEGER NOT NULL, 
	thread TEXT NOT NULL, 
	message TEXT NOT NULL, 
	PRIMARY KEY (seq)
);
CREATE TABLE meta (
	"key" TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY ("key")
);
INSERT INTO "meta" VALUES('schema_version','1');
INSERT INTO "meta" VALUES('home_id','cfdc3a3245d34a3689ded7d2c34c8da4');
INSERT INTO "meta" VALUES('encoder','all-MiniLM-L6-v2');
INSERT INTO "meta" VALUES('revision','3');
INSERT INTO "meta" VALUES('delivered','0');
CREATE TABLE readers (
	id TEXT NOT NULL, 
	created BIGINT, 
	interests TEXT NOT NULL, 
	PRIMARY KEY (id)
)
 WITHOUT ROWID

;
INSERT INTO "readers" VALUES('user_123',1791917451000000,'[]');
INSERT INTO "readers" VALUES('user_15',1791188715000000,'[]');
CREATE TABLE removed_videos (
	id TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE segments (
	video_id TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	text TEXT NOT NULL, 
	start_s FLOAT, 
	end_s FLOAT, 
	PRIMARY KEY (video_id, position), 
	FOREIGN KEY(video_id) REFERENCES videos (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "segments" VALUES('a-comet-has-two-tails-and-neither-points-backwards',0,'Draw me a comet.',0.0,1.5);
INSERT INTO "segments" VALUES('a-comet-has-two-tails-and-neither-points-backwards',1,'You drew the tail streaming out behind it, didn''t you? Everyone does.',1.6,6.0);
INSERT INTO "segments" VALUES('a-comet-has-two-tails-and-neither-points-backwards',2,'But there''s no air in space, so nothing is blowing it back like hair on a motorbike.',6.3,12.6);
INSERT INTO "segments" VALUES('a-comet-has-two-tails-and-neither-points-backwards',3,'The blue tail is gas that has been electrically charged, and the solar wind shoves it directly away from the Sun. Always.',12.7,20.8);
INSERT INTO "segments" VALUES('a-comet-has-two-tails-and-neither-points-backwards',4,'The yellowish one is dust. Sunlight pushes it more gently, so it lags and curves along the orbit.',21.1,27.7);
INSERT INTO "segments" VALUES('a-comet-has-two-tails-and-neither-points-backwards',5,'Now the fun bit. When the comet swings round and heads back out, the tail still points away from the Sun.',27.8,35.7);
INSERT INTO "segments" VALUES('a-comet-has-two-tails-and-neither-points-backwards',6,'So it''s flying tail first, like somebody backing out of a room.',36.0,40.5);
INSERT INTO "segments" VALUES('a-comet-has-two-tails-and-neither-points-backwards',7,'To see both, get away from streetlights, give your eyes twenty minutes, and use cheap seven-by-fifty binoculars.',40.8,47.1);
INSERT INTO "segments" VALUES('a-comet-has-two-tails-and-neither-points-backwards',8,'Look for the pale fan first. The blue one is a thin line beside it.',47.4,52.8);
INSERT INTO "segments" VALUES('a-robin-singing-under-a-street-lamp',0,'It''s twenty past nine in the evening, the middle of November, and I''m whispering because of him.',0.0,6.6);
INSERT INTO "segments" VALUES('a-robin-singing-under-a-street-lamp',1,'Up there, on the lamp bracket. That''s a robin.',14.6,18.1);
INSERT INTO "segments" VALUES('a-robin-singing-under-a-street-lamp',2,'Hear how thin it is now? In spring it''s fuller.',31.1,35.2);
INSERT INTO "segments" VALUES('a-robin-singing-under-a-street-lamp',3,'I always think the autumn song sounds like water going down steps.',35.2,40.1);
INSERT INTO "segments" VALUES('a-robin-singing-under-a-street-lamp',4,'He''s up late because of the lamp, most likely.',64.1,67.6);
INSERT INTO "segments" VALUES('a-robin-singing-under-a-street-lamp',5,'Robins hold a territory all winter, so they sing nearly all year round.',67.6,72.8);
INSERT INTO "segments" VALUES('a-robin-singing-under-a-street-lamp',6,'Four degrees. He weighs about as much as a few sheets of paper.',84.8,89.8);
INSERT INTO "segments" VALUES('a-robin-singing-under-a-street-lamp',7,'I''ll stop talking now, and we can both listen.',98.8,102.4);
CREATE TABLE steps (
	item TEXT NOT NULL, 
	step TEXT NOT NULL, 
	status TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	PRIMARY KEY (item, step)
);
CREATE TABLE videos (
	id TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	content_sha TEXT NOT NULL, 
	title TEXT NOT NULL, 
	channel TEXT, 
	url TEXT, 
	duration_s FLOAT, 
	published BIGINT, 
	language TEXT, 
	description TEXT NOT NULL, 
	transcript_language TEXT, 
	transcript_origin TEXT NOT NULL, 
	metadata TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "videos" VALUES('a-comet-has-two-tails-and-neither-points-backwards',1,'dcd6a8d1b5a7d6e335c797a993634de2a96bdd91ad759a42c2587499e7adabac','A comet has two tails and neither points backwards','Orbit Minute','https://example.org/watch/a-comet-has-two-tails-and-neither-points-backwards',54.3,1791018900000000,'en','Sixty seconds on the most misunderstood tail in the sky.','en','given','{}');
INSERT INTO "videos" VALUES('a-robin-singing-under-a-street-lamp',1,'d2c1a24ffe41cac47ec9cb3ec8de6ab2db07c6a03d6dad55b0ff7a8b48b39299','A Robin Singing Under a Street Lamp','Hedge & Hollow','https://example.org/watch/a-robin-singing-under-a-street-lamp',132.4,1794519000000000,'en','Mostly listening. Headphones help.','en','given','{}');
CREATE INDEX ix_videos_revision ON videos (revision, id);
CREATE INDEX ix_removed_videos_revision ON removed_videos (revision, id);
CREATE INDEX ix_articles_revision ON articles (revision, id);
CREATE INDEX ix_events_reader ON events (user_id, at);
CREATE INDEX ix_messages_thread ON messages (thread, seq);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('events',1092);
COMMIT;
