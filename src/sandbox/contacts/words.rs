//! The words contacts are made of: names in several scripts, companies, titles and places.
//!
//! Data only. Domains are reserved for examples, phone numbers for fiction.

use std::sync::LazyLock;

/// A name and the ASCII form used in email addresses.
#[derive(Debug, Clone, Copy)]
pub(super) struct Name {
    pub(super) text: &'static str,
    pub(super) handle: &'static str,
}

/// Names of one script.
pub(super) struct People {
    pub(super) given: &'static Names,
    pub(super) family: &'static Names,
    /// The full name is the family name followed by the given name, without a space.
    pub(super) family_first: bool,
}

type Names = LazyLock<Vec<Name>>;
type Words = LazyLock<Vec<&'static str>>;

/// Statics of one type, each parsed from its text on first use.
macro_rules! lists {
    ($parse:ident, $type:ty, $($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$doc])* pub(super) static $name: $type = LazyLock::new(|| $parse($text));)*
    };
}

/// The scripts, each with its share of 100 contacts.
static PEOPLE: [(u64, People); 6] = [
    (72, people(&LATIN_GIVEN, &LATIN_FAMILY)),
    (15, people(&ACCENTED_GIVEN, &ACCENTED_FAMILY)),
    (5, People { given: &CJK_GIVEN, family: &CJK_FAMILY, family_first: true }),
    (3, people(&ARABIC_GIVEN, &ARABIC_FAMILY)),
    (3, people(&CYRILLIC_GIVEN, &CYRILLIC_FAMILY)),
    (2, people(&EMOJI_GIVEN, &ODD_FAMILY)),
];

impl People {
    /// The script for a number from 0 to 99.
    pub(super) fn of(roll: u64) -> &'static Self {
        let mut end = 0;
        let mut scripts = PEOPLE.iter().map(|(share, people)| {
            end += share;
            (end, people)
        });
        let script = scripts.find(|(end, _)| roll < *end);
        script.map_or(&PEOPLE[0].1, |(_, people)| people)
    }
}

const fn people(given: &'static Names, family: &'static Names) -> People {
    People { given, family, family_first: false }
}

/// Reads `James=james|Mary=mary`.
fn names(list: &'static str) -> Vec<Name> {
    let names = list.split('|').filter_map(|name| name.split_once('='));
    names.map(|(text, handle)| Name { text, handle }).collect()
}

fn words(list: &'static str) -> Vec<&'static str> {
    list.split('|').collect()
}

lists! {
    names, Names,
    LATIN_GIVEN = "\
        James=james|Mary=mary|Robert=robert|Patricia=patricia|John=john|Jennifer=jennifer|Michael=michael|\
        Linda=linda|David=david|Elizabeth=elizabeth|William=william|Barbara=barbara|Richard=richard|Susan=susan|\
        Joseph=joseph|Jessica=jessica|Thomas=thomas|Sarah=sarah|Charles=charles|Karen=karen|Daniel=daniel|\
        Nancy=nancy|Matthew=matthew|Lisa=lisa|Anthony=anthony|Betty=betty|Mark=mark|Sandra=sandra|Steven=steven|\
        Ashley=ashley|Andrew=andrew|Emily=emily|Kevin=kevin|Donna=donna|Brian=brian|Michelle=michelle|George=george|\
        Carol=carol|Priya=priya|Kwame=kwame";
    LATIN_FAMILY = "\
        Smith=smith|Johnson=johnson|Williams=williams|Brown=brown|Jones=jones|Garcia=garcia|Miller=miller|\
        Davis=davis|Martinez=martinez|Anderson=anderson|Taylor=taylor|Moore=moore|Jackson=jackson|Martin=martin|\
        Lee=lee|Thompson=thompson|White=white|Harris=harris|Clark=clark|Lewis=lewis|Robinson=robinson|Walker=walker|\
        Young=young|Allen=allen|King=king|Wright=wright|Scott=scott|Hill=hill|Green=green|Adams=adams|Baker=baker|\
        Nelson=nelson|Carter=carter|Mitchell=mitchell|Roberts=roberts|Turner=turner|Phillips=phillips|\
        Campbell=campbell|Parker=parker|Okafor=okafor|Patel=patel|Rossi=rossi|Novak=novak";
    ACCENTED_GIVEN = "\
        Zoë=zoe|José=jose|Élodie=elodie|Jürgen=juergen|Søren=soren|Łukasz=lukasz|Márta=marta|Øystein=oystein|\
        Çağla=cagla|Ngọc=ngoc|Þóra=thora|Anaïs=anais";
    ACCENTED_FAMILY = "\
        Müller=mueller|Núñez=nunez|Lefèvre=lefevre|Kovács=kovacs|Ångström=angstrom|Wiśniewski=wisniewski|\
        Gonçalves=goncalves|Dvořák=dvorak|Nguyễn=nguyen|Jørgensen=jorgensen|Yılmaz=yilmaz|Großmann=grossmann";
    CJK_GIVEN = "伟=wei|秀英=xiuying|陽翔=haruto|さくら=sakura|민준=minjun|서연=seoyeon|美玲=meiling|健太=kenta";
    CJK_FAMILY = "王=wang|李=li|陳=chen|佐藤=sato|鈴木=suzuki|김=kim|박=park|高橋=takahashi";
    ARABIC_GIVEN = "محمد=mohammed|فاطمة=fatima|أحمد=ahmed|ليلى=layla|يوسف=yusuf|نور=nour";
    ARABIC_FAMILY = "الهاشمي=alhashimi|حداد=haddad|منصور=mansour|الشريف=alsharif|خليل=khalil";
    CYRILLIC_GIVEN = "Анна=anna|Дмитро=dmytro|Ольга=olga|Сергей=sergei|Ивана=ivana|Андрій=andrii";
    CYRILLIC_FAMILY = "Шевченко=shevchenko|Иванова=ivanova|Петровић=petrovic|Коваль=koval|Соколов=sokolov";
    EMOJI_GIVEN = "Luna 🌸=luna|Max 🚀=max|👩🏽‍💻 Ada=ada|Sam ❤️=sam|DJ 🎧 Kai=kai";
    ODD_FAMILY = "\
        O'Brien=obrien|O’Connor=oconnor|van der Berg=vanderberg|Smith-Jones=smith-jones|d\u{301}Arc=darc|\
        Bob \"Bobby\" Tables=bobby.tables";
}

lists! {
    words, Words,
    /// Before the last four digits of a North American number; 555 is for fiction.
    AREA_CODES = "\
        +1205555|+1212555|+1213555|+1214555|+1303555|+1305555|+1312555|+1313555|+1404555|+1408555|+1415555|+1469555|\
        +1503555|+1512555|+1602555|+1612555|+1617555|+1646555|+1702555|+1713555|+1718555|+1801555|+1818555|+1916555";
    EMAIL_DOMAINS = "\
        example.com|example.org|example.net|mail.example.com|acme.example|north.example|globex.example|\
        corp.example.org";
    COMPANIES = "\
        Acme|Globex|Initech|Northwind|Umbrella|Stark & Wayne|Blue Harbor|Silver Oak|Red Maple|Summit|Cascade|\
        Pioneer|Lone Star|Golden Gate|Great Lakes|Evergreen|Harbor Point|Iron Bridge|Bright Path|Clear Water|\
        Müller & Söhne|Société Lumière|Nordlys|São Bento|東京|Kowalczyk|Delta|Orion|Vertex|Meridian";
    COMPANY_SUFFIXES = " Corp| Inc.| LLC| Partners| Realty Group| Logistics| Insurance Agency| Health Systems|\
        \u{20}Technologies| Construction|| Holdings";
    /// Names that break careless readers: quotes, control characters, formulas, the word null.
    ODD_COMPANIES = "\
        The \"Blue\" Door|C:\\Temp Consulting|Line One\nLine Two Ltd|Tab\tand Sons|<Script> & Co.|NULL|null|#N/A|\
        =1+1|Smith, Jones; Lee|🍕 Pizza Palace|a/b testing| leading and trailing ";
    TITLES = "\
        CEO|CTO|CFO|Founder|Sales Manager|Account Executive|Senior Account Executive|Vice President of Sales|\
        Marketing Director|Operations Manager|Software Engineer|Project Manager|Office Manager|Real Estate Agent|\
        Loan Officer|Insurance Agent|Business Development Representative|Customer Success Manager|Head of R&D|\
        Geschäftsführerin|Directeur général|Consultant|Attorney|Physician";
    LOCATIONS = "\
        San Francisco, CA|New York, NY|Birmingham, AL|Chicago, IL|Austin, TX|Denver, CO|Miami, FL|Seattle, WA|\
        Boston, MA|Phoenix, AZ|Los Angeles, CA|Portland, OR|Nashville, TN|Minneapolis, MN|Salt Lake City, UT|\
        Atlanta, GA|Raleigh, NC|Detroit, MI|Montréal, QC|Zürich, Switzerland|São Paulo, Brazil|Kraków, Poland|\
        München, Germany|London, United Kingdom|東京都|دبي";
    /// Places that someone typed into the wrong form.
    ODD_LOCATIONS = "1 Main St\nSuite 5\nSpringfield|\"HQ\"|\\\\server\\share|Remote 🌍|Piso 3\tPuerta B";
}
