"""The traditional forms of Chinese names: `forms(name, kind)` is the name and what Taiwan and Hong Kong write for it.

The tables are made in simplified characters (or were found in either); PAIRS holds, one behind the other, the characters
of names that differ. Characters that names keep in both scripts ("里", "谷") are not in it.
"""
PAIRS = "万萬东東个個丰豐临臨丽麗义義乌烏乐樂乔喬乡鄉买買云雲亚亞产產仪儀众衆会會伦倫儿兒兰蘭关關兴興兹茲内內冈岡冲衝凉涼凤鳳凯凱刚剛别別剑劍办辦务務劳勞区區华華卢盧卧臥卫衛厘釐厦廈县縣参參双雙发發叙敘叶葉吕呂吴吳团團园園国國图圖圣聖坚堅坝壩壮壯头頭奥奧娄婁孙孫宁寧宫宮宾賓寝寢尔爾尧堯属屬屿嶼岗崗岘峴岛島岩巖岭嶺峰峯干幹广廣庄莊庆慶库庫庙廟庞龐开開张張彦彥彻徹怀懷户戶扬揚抚撫挝撾捞撈掸撣斋齋无無旧舊时時晋晉朴樸条條来來杰傑极極枣棗栗慄栾欒桥橋楼樓榄欖槟檳横橫欧歐毕畢汉漢汤湯沟溝沧滄泽澤济濟浏瀏温溫湾灣满滿滨濱潍濰灵靈烟煙热熱爱愛爷爺犹猶独獨狭狹狮獅琼瓊盏盞盐鹽盖蓋盘盤矶磯秘祕窝窩筑築红紅约約纳納纽紐绍紹绥綏绳繩维維绵綿缅緬罗羅群羣联聯肃肅脱脫腊臘腾騰芜蕪苏蘇荆荊莱萊莲蓮营營萨薩蓝藍让讓讷訥许許设設诗詩诞誕诸諸诺諾谢謝贝貝贡貢贵貴费費贺賀贾賈赉賚赖賴赛賽赞贊车車辅輔辖轄边邊辽遼达達迈邁运運远遠连連逊遜邓鄧郑鄭郸鄲銮鑾钦欽铁鐵铜銅银銀锡錫锦錦镇鎮长長门門闽閩阳陽阴陰陆陸陕陝随隨雳靂雾霧静靜鞑韃韦韋韩韓顶頂顺順顿頓领領颇頗额額颠顛饶饒马馬驻駐骚騷鲁魯鲜鮮鸟鳥鸡雞鸭鴨鸿鴻鹤鶴麦麥黄黃齐齊龙龍"
TRADITIONAL = dict(zip(PAIRS[::2], PAIRS[1::2]))


def forms(name, kind):
    written = "".join(TRADITIONAL.get(c, c) for c in name)
    found = [name, written]
    # Both are usual: 台灣, 臺灣.
    found += [form.replace("台", "臺") for form in (name, written) if "台" in form]
    return list(dict.fromkeys(found))
