use super::super::tests::check_in as check;

#[test]
fn russian() {
    check(
        "ru",
        "RU",
        "17 октября 2018 года и в минувшую среду; два года назад, в первом квартале 2015 года, летом, с 6 по 19 января",
        &[
            "Date | 17 октября 2018 года | 2018-10-17",
            "Date | минувшую среду | 2021-03-03",
            "Date | два года назад | 2019",
            "Date | первом квартале 2015 года | 2015-01 | 2015-03",
            "Date | летом | 2021-06 | 2021-08",
            "Date | 6 по 19 января | 2021-01-06 | 2021-01-19",
        ],
    );
    check(
        "ru",
        "RU",
        "220 млн руб., 3,6 млрд белорусских рублей, $11, 41 копейка, 3,4 процентного пункта, 5-7%, 15 км за три недели",
        &[
            "Money | 220 млн руб. | 220000000 | RUB",
            "Money | 3,6 млрд белорусских рублей | 3600000000 | BYN",
            "Money | $11 | 11 | USD",
            "Money | 41 копейка | 0.41 | RUB",
            "Percent | 3,4 процентного пункта | 3.4 | percentage point",
            "Percent | 5-7% | 5 | 7",
            "Quantity | 15 км | 15 | kilometre",
            "Duration | три недели | 3 | week",
        ],
    );
}

#[test]
fn spanish() {
    check(
        "es",
        "MX",
        "el 12 de noviembre de 1991, este viernes y la semana pasada, hace dos décadas, del 3 al 5 de mayo, en 2019",
        &[
            "Date | 12 de noviembre de 1991 | 1991-11-12",
            "Date | este viernes | 2021-02-26",
            "Date | semana pasada | 2021-02-22 | 2021-02-28",
            "Date | hace dos décadas | 2001",
            "Date | 3 al 5 de mayo | 2021-05-03 | 2021-05-05",
            "Date | 2019 | 2019",
        ],
    );
    check(
        "es",
        "MX",
        "10 millones de coronas suecas, 900 pesos, US$ 16.300, un 2,5 por ciento y dos puntos porcentuales en tres horas y media",
        &[
            "Money | 10 millones de coronas suecas | 10000000 | SEK",
            "Money | 900 pesos | 900 | MXN",
            "Money | US$ 16.300 | 16300 | USD",
            "Percent | 2,5 por ciento | 2.5",
            "Percent | dos puntos porcentuales | 2 | percentage point",
            "Duration | tres horas y media | 3.5 | hour",
        ],
    );
}

#[test]
fn french() {
    check(
        "fr",
        "CM",
        "le 1er août 2018, lundi, la semaine dernière, il y a trois ans, fin décembre, le troisième trimestre 2016",
        &[
            "Date | le 1er août 2018 | 2018-08-01",
            "Date | lundi | 2021-03-01",
            "Date | la semaine dernière | 2021-02-22 | 2021-02-28",
            "Date | il y a trois ans | 2018",
            "Date | fin décembre | 2020-12",
            "Date | troisième trimestre 2016 | 2016-07 | 2016-09",
        ],
    );
    check(
        "fr",
        "CM",
        "1,14 million d'euros, 500 francs CFA, 12 francs suisses, 20 €, 3,5 % et dix-huit mois",
        &[
            "Money | 1,14 million d'euros | 1140000 | EUR",
            "Money | 500 francs CFA | 500 | XAF",
            "Money | 12 francs suisses | 12 | CHF",
            "Money | 20 € | 20 | EUR",
            "Percent | 3,5 % | 3.5",
            "Duration | dix-huit mois | 18 | month",
        ],
    );
}

#[test]
fn german() {
    check(
        "de",
        "CH",
        "Am Dienstag, 11. Februar, seit Ende Juli, vor zwei Wochen, im ersten Halbjahr 2008, in den 1980er Jahren",
        &[
            "Date | Dienstag, 11. Februar | 2021-02-11",
            "Date | Ende Juli | 2020-07",
            "Date | vor zwei Wochen | 2021-02-18",
            "Date | ersten Halbjahr 2008 | 2008-01 | 2008-06",
            "Date | 1980er Jahren | 1980 | 1989",
        ],
    );
    check(
        "de",
        "CH",
        "35 Milliarden Euro, 76 Rappen, 2,9 Prozent, drei Prozentpunkte; der 52-Jährige lief 7,5 Kilometer in einer Stunde",
        &[
            "Money | 35 Milliarden Euro | 35000000000 | EUR",
            "Money | 76 Rappen | 0.76 | CHF",
            "Percent | 2,9 Prozent | 2.9",
            "Percent | drei Prozentpunkte | 3 | percentage point",
            "Duration | 52-Jährige | 52 | year",
            "Quantity | 7,5 Kilometer | 7.5 | kilometre",
            "Duration | einer Stunde | 1 | hour",
        ],
    );
}

#[test]
fn portuguese() {
    check(
        "pt",
        "BR",
        "quinta-feira, em fevereiro de 2020, há cinco anos, de janeiro a março, na sexta, um debate com o primeiro-ministro",
        &[
            "Date | quinta-feira | 2021-03-04",
            "Date | fevereiro de 2020 | 2020-02",
            "Date | cinco anos | 2016",
            "Date | janeiro a março | 2021-01 | 2021-03",
            "Date | sexta | 2021-02-26",
        ],
    );
    check(
        "pt",
        "BR",
        "R$ 2,5 bilhões, 20 centavos, 1.200 milhões de euros, 0,25 ponto percentual e duas horas e meia",
        &[
            "Money | R$ 2,5 bilhões | 2500000000 | BRL",
            "Money | 20 centavos | 0.2 | BRL",
            "Money | 1.200 milhões de euros | 1200000000 | EUR",
            "Percent | 0,25 ponto percentual | 0.25 | percentage point",
            "Duration | duas horas e meia | 2.5 | hour",
        ],
    );
}

#[test]
fn what_only_looks_like_a_value_is_left() {
    check("es", "ES", "El primer ministro Domingo Mar vive en Santo Domingo, cerca del mar, con 40 gatos", &[]);
    check("ru", "RU", "Хун Сен и Весна Дукич встретили 40 делегатов", &[]);
    check("de", "DE", "Uwe Sommer sah 1500 Menschen", &[]);
    check("fr", "FR", "Le Premier ministre a été reçu par 12 maires, Ariane 5 s'est posée", &[]);
}
